"""A picture of a comparison: the interval of each difference, with the margin."""

import io
from typing import Any

from losscli.render.numbers import percent
from losscli.results.documents.compare import ModelComparison, PairResult

_WIDTH, _LINE, _FRAME = 7.0, 0.32, 1.1  # inches: of the picture, of a pair, and around a panel
_COLOURS = {"better": "tab:green", "worse": "tab:red", "undecided": "tab:gray"}
_OTHER = "tab:blue"


def draw(result: ModelComparison, form: str) -> bytes:
    """The picture in a format: a panel a loss, a line a pair, first of all rows, then of groups."""
    from matplotlib.figure import Figure

    panels = {loss.label: _lines(result, loss.label) for loss in result}
    heights = [_FRAME + _LINE * len(lines) for lines in panels.values()]
    figure = Figure(figsize=(_WIDTH, sum(heights)), layout="constrained")
    axes = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)
    for (label, lines), (axis,) in zip(panels.items(), axes, strict=True):
        _panel(axis, lines)
        level = percent(result.ci_level)
        side = "above" if result[label].higher_is_better else "below"
        axis.set_xlabel(f"difference of {label}, {level} interval; {side} 0 is better")
    stream = io.BytesIO()
    figure.savefig(stream, format=form, dpi=150)
    return stream.getvalue()


def _lines(result: ModelComparison, label: str) -> dict[str, PairResult]:
    """The pairs of a loss by their names."""
    parts = [("", result[label]), *((group.name, group[label]) for group in result.groups)]
    return {
        f"{pair.model} - {pair.baseline} {name}".strip(): pair
        for name, loss in parts
        for pair in loss.pairs
    }


def _panel(axis: Any, lines: dict[str, PairResult]) -> None:
    bounds = {pair.bound for pair in lines.values()}
    for place, pair in enumerate(lines.values()):
        if pair.ci is None:
            continue
        colour = _COLOURS.get(pair.verdict, _OTHER)
        axis.plot(pair.ci, [place, place], color=colour, linewidth=2.0, label=pair.verdict)
        axis.plot([pair.difference], [place], "o", color=colour, markersize=5)
        if len(bounds) > 1 and pair.bound:  # a margin in percent differs from group to group
            for end in (-pair.bound, pair.bound):
                axis.plot([end, end], [place - 0.4, place + 0.4], "k:", linewidth=1.0)
    if len(bounds) == 1 and (bound := bounds.pop()):
        axis.axvspan(-bound, bound, color="k", alpha=0.08)
    axis.axvline(0.0, color="k", linewidth=0.8)
    axis.set_yticks(range(len(lines)), [name.replace("$", r"\$") for name in lines])
    axis.set_ylim(len(lines) - 0.5, -0.5)
    handles, labels = axis.get_legend_handles_labels()
    shown = dict(zip(labels, handles, strict=True))
    if shown:
        axis.legend(
            shown.values(),
            shown.keys(),
            fontsize=8,
            frameon=False,
            loc="upper left",
            bbox_to_anchor=(1.0, 1.0),
        )
