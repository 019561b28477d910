"""Programs of functions and of losses, and their results."""

import numpy as np

from losscli.kernels import machine
from losscli.kernels.program import assemble
from losscli.kernels.trace import trace


def program_of(function, inputs, others=frozenset(), limits=(), narrow=()):
    """The program of function(xp, *arrays)."""
    return assemble(trace(function, inputs, others), machine.operations(), limits, narrow)


def run(function, *inputs):
    """The results of a function by the machine; questions are answered until none fails."""
    others = frozenset()
    while True:
        narrow = [one.dtype == np.float32 for one in inputs]
        program = program_of(function, len(inputs), others, narrow=narrow)
        out = np.empty(len(inputs[0]))
        failed = machine.compute(program, inputs, out)
        if failed is None:
            return out
        others |= {program.questions[failed - program.limits]}


def folded(values, unit=32768, phase=0):
    """The state of given results."""
    program = program_of(lambda _, x: x, 1)
    return machine.fold(program, (values,), unit, phase)


def same(a, b):
    """Whether two arrays have the same numbers; nan equals nan."""
    return bool(np.array_equal(a, b, equal_nan=True))
