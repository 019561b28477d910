"""Bencher Metric Format: JSON that `bencher run --adapter json` reads.

A benchmark of Bencher is a run, model, group or implementation; its measures are the losses and
metrics by label, and `latency` in nanoseconds and `memory` in bytes for a row of a benchmark.
Numbers that are not finite are left out: the format has no form for them.
"""

import math

from losscli.errors import LossCliError
from losscli.render.formats import Format
from losscli.render.page import Quantity, Result
from losscli.render.pages import quantities_of
from losscli.results.documents.error import ErrorReport

_ALONE = "losscli"  # the benchmark of an evaluation outside a run
# The measure and the number of its units in one unit of the quantity.
_MEASURES = {"time": ("latency", 1e9), "memory": ("memory", 1.0)}


def _render(result: Result, _encoding: str) -> str:
    import json

    benchmarks: dict[str, dict[str, dict[str, float]]] = {}
    for found in quantities_of(result):
        name, measure, factor = _names(found)
        if math.isfinite(found.value):
            benchmarks.setdefault(name, {}).setdefault(measure, _metric(found, factor))
    return json.dumps(benchmarks, indent=2).replace("##", "#\\u0023") + "\n"


def _render_error(error: LossCliError) -> str:
    """The document of the error, which Bencher refuses."""
    return ErrorReport.of(error).to_json() + "\n"


FORMAT = Format(_render, _render_error, machine_readable=True)


def _names(found: Quantity) -> tuple[str, str, float]:
    if found.kind in _MEASURES:
        return f"{found.label} {found.place}", *_MEASURES[found.kind]
    return found.place or _ALONE, found.label, 1.0


def _metric(found: Quantity, factor: float) -> dict[str, float]:
    metric = {"value": found.value * factor}
    if found.ci is not None and all(map(math.isfinite, found.ci)):
        low, high = found.ci
        metric |= {"lower_value": low * factor, "upper_value": high * factor}
    return metric
