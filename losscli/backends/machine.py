"""The environment of a result: versions, system, cores."""

import os
import sys
from contextlib import suppress
from typing import Any

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
    """The versions of the loaded packages, the operating system and the processor."""
    import platform

    versions: dict[str, Any] = {
        name: _version(name, distribution)
        for name, distribution in _PACKAGES.items()
        if name in sys.modules
    }
    return {
        "python": platform.python_version(),
        **versions,
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "cores": cores(),
    }


def _version(name: str, distribution: str) -> Any:
    """The version of a loaded module, or else of its distribution."""
    found = getattr(sys.modules[name], "__version__", None)
    if found is None:
        from importlib.metadata import PackageNotFoundError, version

        with suppress(PackageNotFoundError):
            found = version(distribution)
    return found
