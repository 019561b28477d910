"""The environment of a result: versions, system, cores, and the code that computes losses."""

import os
import sys
from contextlib import suppress
from functools import cache
from typing import Any

from losscli.kernels import machine

_PACKAGES = {
    "numpy": "numpy",
    "torch": "torch",
    "pyarrow": "pyarrow",
    "sklearn": "scikit-learn",
    "liger_kernel": "liger-kernel",
}


def cores() -> int:
    """The number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def environment() -> dict[str, Any]:
    """The versions of the loaded packages, the operating system, the processor, the kernel.

    kernel: `compiled` if this installation runs compiled kernels, otherwise `numpy`.
    """
    loaded = tuple(filter(sys.modules.__contains__, _PACKAGES))
    kernel = "compiled" if machine.machine() is not None else "numpy"
    return {**_constant(loaded), "cores": cores(), "kernel": kernel}


@cache
def _constant(loaded: tuple[str, ...]) -> dict[str, Any]:
    """The part of the environment that does not change while these packages are loaded."""
    import platform

    return {
        "python": platform.python_version(),
        **{name: _version(name) for name in loaded},
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
    }


def _version(name: str) -> str | None:
    """The version of a loaded module, or else of its distribution; None where neither has one."""
    found = getattr(sys.modules[name], "__version__", None)
    if found is None:
        from importlib.metadata import PackageNotFoundError, version

        with suppress(PackageNotFoundError):
            found = version(_PACKAGES[name])
    return None if found is None else str(found)  # that of torch is of a class of its own
