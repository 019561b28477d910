"""torch.compile of the eager functions, for one shape; its compilation is timed apart."""

import warnings

from losscli.errors import MissingError
from losscli.implementations.implementation import Runner, Setting, Workload
from losscli.implementations.libraries import torch as eager


def prepare(workload: Workload, setting: Setting) -> Runner:
    """The compiled function; it compiles when it is first called."""
    function = eager.function_of(workload, setting)
    import torch

    if setting.device == "cpu":
        import shutil

        if not any(map(shutil.which, ("c++", "g++", "clang++", "cl"))):
            raise MissingError("torch.compile needs a C++ compiler on the CPU", hint="install g++")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it imports warns of itself
        compiled = torch.compile(function, dynamic=False)
    return eager.of_function(compiled, wrt=2 if workload.linear else 1, compiles=True)
