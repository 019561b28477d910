"""Guards in the process of an implementation: what it must leave as it was while it is timed.

`Guards` takes note of clocks, hooks, numbers of threads and flags before an implementation's code
is imported, and says later what has changed.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from inspect import isbuiltin
from types import ModuleType
from typing import Any, TypeAlias

_MODULES = ("builtins", "os", "time", "numpy", "torch.cuda", "torch.nn.functional", "torch._C._nn")
_OWN = "losscli."  # of these modules private functions and methods are looked at as well
_SHOWN = 3

_Known: TypeAlias = tuple[Any, Any]  # a function, and its code


class Guards:
    """The state of the process when this was made; hooks of debuggers and coverage are in it."""

    def __init__(self) -> None:
        self._functions = dict(_functions())
        self._state = _state()

    def faults(self) -> list[str]:
        """The changes since then, in words."""
        now = dict(_functions())
        before = self._functions.items()
        replaced = [name for name, known in before if not _same(known, now.get(name))]
        found = [f"it replaces {_listed(replaced)}"] if replaced else []
        state = _state()
        for name, known in self._state.items():
            if state.get(name) != known:
                found.append(f"it changes {name} from {known} to {state.get(name)}")
        return found


def _same(known: _Known, now: _Known | None) -> bool:
    return now is not None and known[0] is now[0] and known[1] is now[1]


def _functions() -> Iterator[tuple[str, _Known]]:
    """Functions that time, compute and compare, by their names.

    The code of a function can be replaced as well, while the function stays the same.
    """
    for name, one in _named():
        yield name, (one, getattr(one, "__code__", None))


def _named() -> Iterator[tuple[str, Any]]:
    for name, module in list(sys.modules.items()):
        if module is not None and name.startswith(_OWN):
            yield from ((f"{name}.{key}", one) for key, one in _own_members(module))
        elif module is not None and name in _MODULES:
            for key, one in vars(module).items():
                if callable(one) and not key.startswith("_"):
                    yield f"{name}.{key}", one
    torch = sys.modules.get("torch")
    if torch is not None:
        # Those of Python are wrapped by torch itself when it compiles.
        found = vars(torch).items()
        yield from ((f"torch.{key}", one) for key, one in found if isbuiltin(one))
        for kind in reversed(torch.Tensor.__mro__):  # a method of a base can be covered
            yield from ((f"torch.Tensor.{key}", one) for key, one in vars(kind).items())


def _own_members(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """The functions and classes of a module of losscli, and the methods of its classes."""
    for key, one in list(vars(module).items()):
        if not callable(one):
            continue
        yield key, one
        if isinstance(one, type) and one.__module__ == module.__name__:
            yield from ((f"{key}.{method}", each) for method, each in vars(one).items())


def _state() -> dict[str, Any]:
    """Hooks, numbers of threads, and flags of precision, by names for people."""
    state: dict[str, Any] = {
        "the profile function": _name_of(sys.getprofile()),
        "the trace function": _name_of(sys.gettrace()),
        "the profile function of threads": _name_of(threading.getprofile()),
        "the trace function of threads": _name_of(threading.gettrace()),
        "the switch interval of threads": sys.getswitchinterval(),
        "the handlers of signals": _handled(),
        "its priority": os.getpriority(os.PRIO_PROCESS, 0),
        "the priority of the benchmark": os.getpriority(os.PRIO_PROCESS, os.getppid()),
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


def _handled() -> str:
    """The signals that interrupt Python's code, in words."""
    python = [one.name for one in signal.valid_signals() if _is_python(one)]
    return ", ".join(sorted(python)) or "none"


def _is_python(number: Any) -> bool:
    default = number == signal.SIGINT and signal.default_int_handler
    handler = signal.getsignal(number)
    return callable(handler) and handler is not default


def _name_of(hook: Any) -> str:
    return "none" if hook is None else getattr(hook, "__qualname__", type(hook).__name__)


def _listed(names: list[str]) -> str:
    rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + rest
