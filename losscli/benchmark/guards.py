"""Guards in the process of an implementation: what it must leave as it was while it is timed.

`Guards` takes note of clocks, hooks, numbers of threads and flags before an implementation's code
is imported, and says later what has changed.
"""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

from losscli.benchmark.clock import CudaClock, HostClock

_MODULES = ("time", "torch.cuda", "torch.nn.functional", "torch._C._nn")
_SHOWN = 3


class Guards:
    """The state of the process when this was made; hooks of debuggers and coverage are in it."""

    def __init__(self) -> None:
        self._functions = dict(_functions())
        self._state = _state()

    def faults(self) -> list[str]:
        """The changes since then, in words."""
        now = dict(_functions())
        replaced = [name for name, known in self._functions.items() if now.get(name) is not known]
        found = [f"it replaces {_listed(replaced)}"] if replaced else []
        state = _state()
        for name, known in self._state.items():
            if state.get(name) != known:
                found.append(f"it changes {name} from {known} to {state.get(name)}")
        return found


def _functions() -> Iterator[tuple[str, Any]]:
    """Functions that time and compute, by their names."""
    for name in _MODULES:
        module = sys.modules.get(name)
        if module is not None:
            yield from ((f"{name}.{key}", one) for key, one in _public(module))
    for kind in (HostClock, CudaClock):
        yield from ((f"{kind.__name__}.{key}", one) for key, one in vars(kind).items())


def _public(module: ModuleType) -> list[tuple[str, Any]]:
    return [
        (key, one) for key, one in vars(module).items() if not key.startswith("_") and callable(one)
    ]


def _state() -> dict[str, Any]:
    """Hooks, numbers of threads, and flags of precision, by names for people."""
    state: dict[str, Any] = {
        "the profile function": _name_of(sys.getprofile()),
        "the trace function": _name_of(sys.gettrace()),
        "the profile function of threads": _name_of(threading.getprofile()),
        "the trace function of threads": _name_of(threading.gettrace()),
        "the switch interval of threads": sys.getswitchinterval(),
    }
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is not None:
        state["the tools of sys.monitoring"] = [monitoring.get_tool(tool) for tool in range(6)]
    torch = sys.modules.get("torch")
    for name, read in _FLAGS.items() if torch is not None else ():
        state[f"torch's {name}"] = read(torch)
    return state


_FLAGS: Mapping[str, Callable[[Any], Any]] = {
    "threads": lambda torch: torch.get_num_threads(),
    "float32 matmul precision": lambda torch: torch.get_float32_matmul_precision(),
    "deterministic algorithms": lambda torch: torch.are_deterministic_algorithms_enabled(),
    "default dtype": lambda torch: str(torch.get_default_dtype()),
    "TF32 of cuDNN": lambda torch: bool(torch.backends.cudnn.allow_tf32),
    "benchmark mode of cuDNN": lambda torch: bool(torch.backends.cudnn.benchmark),
    "gradient mode": lambda torch: torch.is_grad_enabled(),
}


def _name_of(hook: Any) -> str:
    return "none" if hook is None else getattr(hook, "__qualname__", type(hook).__name__)


def _listed(names: list[str]) -> str:
    rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + rest
