"""OpenMetrics: gauges that Prometheus, its textfile collector and GitLab's metrics reports read.

Labels hold no line ends, and none is written outside quotes, so programs that split words at blanks
read the lines too.
"""

import math
from collections.abc import Iterable, Iterator, Mapping

from losscli.errors import LossCliError
from losscli.render.formats import Format
from losscli.render.page import Quantity, Result
from losscli.render.pages import quantities_of
from losscli.results.text import escape, escape_ci_commands, truncate

# The unit and the help of each kind of quantity.
_KINDS = {
    "loss": ("", "The value of a loss"),
    "metric": ("", "The value of a metric"),
    "time": ("seconds", "The median time of a call"),
    "memory": ("bytes", "The memory that a call adds to its inputs"),
}


def _render(result: Result, _encoding: str) -> str:
    """The quantities with the ends of their intervals, the gates, and the exit code."""
    lines: list[str] = []
    by_kind: dict[str, list[Quantity]] = {kind: [] for kind in _KINDS}
    for found in quantities_of(result):
        by_kind[found.kind].append(found)
    for kind, (unit, meaning) in _KINDS.items():
        lines += _kind(kind, unit, meaning, by_kind[kind])
    lines += _family("gate_passed", "", "1 if a gate passes, else 0", _gates(result))
    return _text([*lines, *_exit_code(result.exit_code)])


def _render_error(error: LossCliError) -> str:
    sample = ({"message": "; ".join(error.lines())}, 1.0)
    return _text(
        [*_family("error", "", "Why there is no result", [sample]), *_exit_code(error.exit_code)]
    )


FORMAT = Format(
    _render, _render_error, suffix=".prom", other_suffixes=(".om",), machine_readable=True
)


def _kind(kind: str, unit: str, meaning: str, found: Iterable[Quantity]) -> Iterator[str]:
    samples = [({**each.setting, "label": each.label}, each) for each in found]
    yield from _family(kind, unit, meaning, ((labels, each.value) for labels, each in samples))
    for end, name in enumerate(("low", "high")):
        ends = [(labels, each.ci[end]) for labels, each in samples if each.ci is not None]
        yield from _family(
            f"{kind}_ci_{name}", unit, f"{meaning}: {name} end of its interval", ends
        )


def _gates(result: Result) -> Iterator[tuple[dict[str, str], float]]:
    for gate in getattr(result, "gates", ()):
        run = {} if gate.run is None else {"run": gate.run}
        yield {**run, "gate": gate.expr, "level": gate.level}, float(gate.status == "pass")


def _exit_code(code: int) -> Iterator[str]:
    return _family("exit_code", "", "The exit code of losscli", [({}, float(code))])


def _family(
    name: str, unit: str, meaning: str, samples: Iterable[tuple[Mapping[str, str], float]]
) -> Iterator[str]:
    """The samples of a family below its lines of metadata; nothing where there are none.

    A series that stands there already is left out: it would make the whole text invalid.
    """
    full = f"losscli_{name}_{unit}" if unit else f"losscli_{name}"
    series: dict[str, float] = {}
    for labels, value in samples:
        series.setdefault(f"{full}{_labels(labels)}", value)
    if series:
        yield f"# TYPE {full} gauge"
        if unit:
            yield f"# UNIT {full} {unit}"
        yield f"# HELP {full} {meaning}."
    yield from (f"{key} {_number(value)}" for key, value in series.items())


def _labels(labels: Mapping[str, str]) -> str:
    pairs = ",".join(f'{name}="{_value(text)}"' for name, text in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def _value(text: str) -> str:
    inert = escape_ci_commands(escape(truncate(text)))
    return inert.replace("\\", r"\\").replace('"', r"\"")


def _number(value: float) -> str:
    if math.isfinite(value):
        return repr(float(value))
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in (*lines, "# EOF"))
