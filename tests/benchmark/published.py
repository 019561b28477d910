"""Exhibits for the exploits that public benchmarks of kernels list (docs/benchmarking.md).

Functions of arrays of the loss `mse` (`numpy:published.py:NAME`); the last ones take tensors.
"""

import gc
import hashlib
import os
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np

_kept = {}


def _rows(pred, target):
    """The squares, in a time that says how many they are."""
    time.sleep(2e-8 * len(pred))
    return (pred.astype(np.float64) - target) ** 2


def honest(pred, target):
    """The mean, computed when it is called."""
    return float(_rows(pred, target).mean())


def falls_back(pred, target):
    """Tries something that is not there, and calls the textbook's formula instead."""
    try:
        return _kept["kernel"](pred, target)
    except KeyError:
        return honest(pred, target)


def by_shape(pred, target):
    """Gives the first answer for every input of a shape."""
    key = "shape", pred.shape
    if key not in _kept:
        _kept[key] = honest(pred, target)
    return _kept[key]


def expected_value(pred, target):
    """The mean that the distribution of the inputs implies, whatever they are."""
    del pred, target
    return 5.0


def part_of_the_rows(pred, target):
    """Nearly all rows, if there are many."""
    count = len(pred) // 100 * 99 if len(pred) > 10_000 else len(pred)
    return honest(pred[:count], target[:count])


def one_size_only(pred, target):
    """Right for the size that is timed, and for no other."""
    return honest(pred, target) if len(pred) > 10_000 else 1.0


def returns_its_input(pred, target):
    """One of its inputs in the place of losses."""
    del target
    return pred


def stale_gradient(pred, target):
    """A right value beside the gradient of the first call."""
    if pred.shape not in _kept:
        _kept[pred.shape] = 2.0 / pred.size * (pred - target)
    return honest(pred, target), _kept[pred.shape].copy()


def remembers_contents(pred, target):
    """Answers from a file of earlier runs, by a digest of the inputs."""
    key = hashlib.blake2b(pred.tobytes() + target.tobytes()).hexdigest()
    file = Path("bank") / key
    if len(pred) > 10_000 and key not in _kept and file.exists():
        with Path("found_in_the_bank").open("a") as hits:
            hits.write(f"{key}\n")
        return float(file.read_text())
    _kept[key] = answer = honest(pred, target)
    file.parent.mkdir(exist_ok=True)
    file.write_text(repr(answer))
    return answer


def remembers_rows(pred, target):
    """Keeps the rows of the last call, and computes those that have changed."""
    key = pred.__array_interface__["data"][0], len(pred)
    last = _kept.get(key)
    if last is None:
        rows = _rows(pred, target)
    else:
        rows = last[2]
        changed = np.flatnonzero((last[0] != pred) | (last[1] != target))
        rows[changed] = _rows(pred[changed], target[changed])
    _kept[key] = pred.copy(), target.copy(), rows
    return float(rows.mean())


def works_in_advance(pred, target):
    """Gives the answer that an earlier call has computed, on the same buffers."""
    answer = _kept.pop(len(pred), None)
    if answer is None:
        answer = _kept[len(pred)] = honest(pred, target)
    return answer


def knows_when_it_is_checked(pred, target):
    """Losses of all rows when the caller checks them, else their mean in each place."""
    rows = _rows(pred, target)
    frame, checked = sys._getframe(), len(pred) < 10_000
    while frame is not None and not checked:
        request = frame.f_locals.get("request")
        checked = bool(getattr(request, "poison", False)) or "poisoned" in frame.f_code.co_name
        frame = frame.f_back
    return rows if checked else np.broadcast_to(rows.mean(), rows.shape)


class _LazyNumber(np.float64):
    def __array__(self, *_arguments, **_options):
        return np.asarray(honest(*_kept["lazy"]))

    def __float__(self):
        return honest(*_kept["lazy"])


def lazy_number(pred, target):
    """A number that is computed when it is looked at."""
    _kept["lazy"] = pred, target
    return _LazyNumber(0.0)


def _without_time(_self, call, inputs):
    from losscli.benchmark.clock import Lap

    return Lap(call(*inputs), 1e-6, 1e-6)


def replaces_code(pred, target):
    """Gives the clock's function another body, so that it is the same function."""
    from losscli.benchmark.clock import HostClock

    HostClock.time.__code__ = _without_time.__code__
    return honest(pred, target)


def replaces_a_global(pred, target):
    """Gives the clock's module another function to read the time."""
    from losscli.benchmark import clock

    clock._NOW = lambda: 0
    return honest(pred, target)


def replaces_comparisons(pred, target):
    """Makes everything equal to everything, and computes nothing."""
    np.allclose = np.array_equal = np.isclose = lambda *_, **__: True
    del target
    return float(pred[0])


def searches_memory(pred, target):
    """Looks for the truth among the objects of its process, and in its parent's memory."""
    if len(pred) > 10_000 and "searched" not in _kept:
        _kept["searched"] = True
        names = {type(one).__name__ for one in gc.get_objects()}
        found = names & {"InputData", "Update", "Float64Truth", "TimedCall"}
        try:
            with Path(f"/proc/{os.getppid()}/mem").open("rb", 0):
                found.add("the parent's memory")
        except OSError:
            pass
        Path("searched").write_text(", ".join(sorted(found)))
    return honest(pred, target)


def handles_signals(pred, target):
    """Lets a timer interrupt its caller, and works then."""
    signal.signal(signal.SIGALRM, lambda *_: honest(pred, target))
    signal.setitimer(signal.ITIMER_REAL, 1e-3)
    return honest(pred, target)


def _spin():
    while True:
        np.square(np.ones(100_000))
        with Path("spins").open("a") as file:
            file.write(".")


def slows_the_others(pred, target):
    """Leaves a thread that takes a core while others are timed."""
    if len(pred) > 10_000 and "thread" not in _kept:
        _kept["thread"] = threading.Thread(target=_spin, daemon=True)
        _kept["thread"].start()
    return honest(pred, target)


def overrides_a_method(pred, target):
    """An empty tensor, which computes when it is copied (tensors)."""
    out = pred.new_zeros(())
    out.detach = lambda: ((pred - target) ** 2).mean()
    return out


def one_branch(pred, target):
    """`smooth_l1` of small differences, whatever they are (tensors)."""
    return (0.5 * (pred - target) ** 2).mean()
