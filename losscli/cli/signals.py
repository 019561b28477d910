"""Ctrl-C and SIGTERM raise an exception, so that no half-written file and no worker is left."""

import signal
import sys

# Windows has no alarm: there a signal during a destructor is lost, as in any Python program.
_ALARM = getattr(signal, "SIGALRM", None)
_SOON = 0.001  # seconds

_last = signal.SIGINT


class Interruption(BaseException):
    """A signal. Not a KeyboardInterrupt: typer would end the run by it without a message."""

    def __init__(self, number: int) -> None:
        self.number = number


def handle() -> None:
    """Raise `Interruption` on both signals; on SIGINT only where it is not ignored."""
    signal.signal(signal.SIGTERM, _interrupt)
    if signal.getsignal(signal.SIGINT) in (signal.SIG_DFL, signal.default_int_handler):
        signal.signal(signal.SIGINT, _interrupt)
    if _ALARM is not None:
        signal.signal(_ALARM, lambda *_: _interrupt(_last))
        sys.unraisablehook = _unraisable


def release() -> None:
    """Let both signals end the process at once."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    if _ALARM is not None:
        signal.signal(_ALARM, signal.SIG_IGN)


def cause(error: BaseException | None) -> Interruption | None:
    """The interruption that caused an error; None for any other error.

    Python 3.11 raises a RuntimeError of what is raised while it makes a class.
    """
    while error is not None and not isinstance(error, Interruption):
        error = error.__cause__ or error.__context__
    return error


def _interrupt(number: int, *_: object) -> None:
    raise Interruption(number)


def _unraisable(found: "sys.UnraisableHookArgs") -> None:
    """Repeat a signal soon where an exception is not raised, as in a destructor.

    Python would print the exception and go on, and the program would have ignored the signal.
    """
    global _last
    interruption = cause(found.exc_value)
    if interruption is None:
        sys.__unraisablehook__(found)
    else:
        _last = signal.Signals(interruption.number)
        signal.setitimer(signal.ITIMER_REAL, _SOON)
