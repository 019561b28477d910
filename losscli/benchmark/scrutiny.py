"""Checks of functions of users that timed calls do not make: small inputs, precision, reuse."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from losscli.benchmark.callers import Place
from losscli.benchmark.clock import seconds
from losscli.benchmark.rounds import TimedCall
from losscli.checks.answer_check import Caller, Subject
from losscli.checks.cases import Case, cases
from losscli.checks.failures import inputs_text, smallest_failure
from losscli.checks.input_data import InputData
from losscli.checks.precision import precision, to_host, to_tensor
from losscli.checks.probes import upstream_gradient
from losscli.implementations.implementation import Answer, Setting, UnsupportedError, Workload
from losscli.stats.formatting import duration

_PAIRS = 5  # of calls that are compared
_REUSES = 1.5
_SMALL = 1000  # predictions
_ENOUGH_S = 1.0  # then no other case begins
_NARROWER = {
    "float64": ("float32", "float16"),
    "float32": ("float16", "bfloat16"),
    "float16": ("bfloat16",),
}


def small_fault(place: Place, workload: Workload, setting: Setting, *, both: bool) -> str:
    """The fault of small ordinary inputs, with the smallest that fails; empty without one.

    both: forward+backward, and then the gradient of twice the mean is checked as well. A case that
    the implementation refuses, by an exception, is skipped.
    """
    subject = Subject(place, setting, 0)
    begin = seconds()
    for case in _small_cases(workload, setting):
        with suppress(UnsupportedError):
            case = case._replace(arrays=subject.rounded(case.arrays))
            fault = _fault_of(subject, case, both=both)
            if fault:
                return fault
        if seconds() - begin > _ENOUGH_S:
            break
    return ""


def _small_cases(workload: Workload, setting: Setting) -> Iterator[Case]:
    if workload.linear:
        return
    found = cases(workload.loss, workload.label, workload.params, precision(setting.dtype), 0)
    for case in found:
        if not case.ordinary:
            return  # extremes follow
        if case.arrays[0].size <= _SMALL and case.arrays[0].ndim == len(workload.shape):
            words = replace(case.workload, words=workload.words)
            yield case._replace(workload=words)


def _fault_of(subject: Subject, case: Case, *, both: bool) -> str:
    check, _ = subject.check_fully(case.workload, case.arrays, None, both=both)
    if check.exception:
        return ""
    if check.fault:
        found = smallest_failure(subject, case.workload, case.arrays, both=both)
        if found is not None:
            return f"{found[1]} for {inputs_text(found[0])}"
        return f"{check.fault}, of {case.name} inputs"
    return upstream_gradient(subject, case, None) if both else ""


def reduced_precision(caller: Caller, data: InputData, setting: Setting) -> str:
    """The narrower type to which predictions seem to be rounded; empty if none explains the errors.

    A mean of many rows hides the rounding of each, since errors cancel; on the inputs of
    `InputData.near_grid` they add up, with opposite signs on its two sides. The difference of the
    errors on both sides is compared with what rounding explains.
    """
    workload = data.workload
    if workload.linear or not workload.loss.differentiable:
        return ""
    for name in _NARROWER.get(setting.dtype, ()):
        error = explained = 0.0
        for side in (1.0, -1.0):
            arrays, mean, change = data.near_grid(precision(name), side)
            inputs = tuple(to_tensor(a, setting) for a in arrays) if _tensors(caller) else arrays
            value = to_host(caller.poisoned(*inputs).value)
            if value.ndim:
                return ""  # rows are compared one by one
            error += side * (float(value) - mean)
            explained += side * change
        if explained and 0.5 < error / explained < 2.0:
            return name
    return ""


def reuses_work(timed: TimedCall, data: InputData) -> str:
    """The fault of a call that is faster if few inputs have changed since the last one; else empty.

    All contents are drawn again before one call, and written again before the next one, so that
    caches are alike; few rows change before both. All of several pairs must differ by half, and
    the answers to new contents are checked.
    """
    for _ in range(_PAIRS):
        data.rewrite()
        new_s = _time_after_update(timed, data)
        data.rewrite(same=True)
        same_s = _time_after_update(timed, data)
        if not timed.check.correct or new_s <= _REUSES * same_s:
            return ""
    took = duration(new_s)
    return f"it reuses earlier work: a call takes {duration(same_s)}, and {took} on new inputs"


def _time_after_update(timed: TimedCall, data: InputData) -> float:
    for update in data.updates(1):
        data.apply(update)
    lap = timed.caller.time()
    timed.check.add(data, Answer(lap.answer.value))
    return lap.seconds


def _tensors(caller: Caller) -> bool:
    return caller.framework == "torch"
