"""Ctrl-C and SIGTERM unwind the program, so that no half-written file and no worker is left."""

import signal
import sys

# Windows has no alarm: there a signal that strikes a destructor is lost, as in any Python program.
_ALARM = getattr(signal, "SIGALRM", None)
_SOON = 0.001  # seconds

_last = signal.SIGINT


class Struck(BaseException):
    """A signal. Not a KeyboardInterrupt: typer would end the run by it and say nothing."""

    def __init__(self, number: int) -> None:
        self.number = number


def heed() -> None:
    """Have both unwind the program wherever they strike; SIGINT only where it is not ignored."""
    signal.signal(signal.SIGTERM, _strike)
    if signal.getsignal(signal.SIGINT) in (signal.SIG_DFL, signal.default_int_handler):
        signal.signal(signal.SIGINT, _strike)
    if _ALARM is not None:
        signal.signal(_ALARM, lambda *_: _strike(_last))
        sys.unraisablehook = _unraisable


def heed_no_more() -> None:
    """Let them end the process: there is nothing left to unwind."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    if _ALARM is not None:
        signal.signal(_ALARM, signal.SIG_IGN)


def behind(error: BaseException | None) -> Struck | None:
    """The signal that an error came of; None for any other.

    Python 3.11 raises a RuntimeError of what is raised while it makes a class.
    """
    while error is not None and not isinstance(error, Struck):
        error = error.__cause__ or error.__context__
    return error


def _strike(number: int, *_: object) -> None:
    raise Struck(number)


def _unraisable(found: "sys.UnraisableHookArgs") -> None:
    """Have a signal strike again soon where nothing could be raised, as in a destructor.

    Python would print what was raised and go on, and the program would have ignored the signal.
    """
    global _last
    struck = behind(found.exc_value)
    if struck is None:
        sys.__unraisablehook__(found)
    else:
        _last = signal.Signals(struck.number)
        signal.setitimer(signal.ITIMER_REAL, _SOON)
