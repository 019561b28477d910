"""The JSON of github-action-benchmark, of its tool `customSmallerIsBetter`.

One entry a number of which less is better: a loss, a metric of that kind, a time, a memory. All
entries of a file have one direction, so other metrics are left out, and so is what is not finite.
"""

import math
from typing import Any

from losscli.errors import LossCliError
from losscli.render.formats import Format
from losscli.render.page import Quantity, Result
from losscli.render.pages import quantities_of
from losscli.results.documents.error import ErrorReport

# The unit of each kind and the number of units in one of the quantity.
_UNITS = {"loss": ("loss", 1.0), "metric": ("metric", 1.0), "time": ("ns", 1e9)}
_UNITS |= {"memory": ("bytes", 1.0)}


def _render(result: Result, _encoding: str) -> str:
    import json

    entries: dict[str, dict[str, Any]] = {}
    for found in quantities_of(result):
        if found.higher_is_better is False and math.isfinite(found.value):
            entry = _entry(found)
            entries.setdefault(entry["name"], entry)
    return json.dumps(list(entries.values()), indent=2).replace("##", "#\\u0023") + "\n"


def _render_error(error: LossCliError) -> str:
    """The document of the error, which the action refuses: it is not a list."""
    return ErrorReport.of(error).to_json() + "\n"


FORMAT = Format(_render, _render_error, machine_readable=True)


def _entry(found: Quantity) -> dict[str, Any]:
    unit, factor = _UNITS[found.kind]
    kind = "memory of " if found.kind == "memory" else ""
    words = (f"{kind}{found.label}", found.place)
    entry = {"name": " ".join(filter(None, words)), "unit": unit, "value": found.value * factor}
    if found.ci is not None:
        low, high = (end * factor for end in found.ci)
        entry["range"] = f"{low:.6g} to {high:.6g}"
    return entry
