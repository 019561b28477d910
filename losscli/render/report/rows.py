"""The rows of an evaluation in its report: the distribution of their losses and the worst ones."""

from collections.abc import Iterator

from losscli.render.details import quantile_table, worst_table_of
from losscli.render.report.blocks import Block, Figure, Figures, Grid
from losscli.render.report.charts.bars import histogram
from losscli.render.report.charts.lines import Axis, Point, Series, lines
from losscli.render.report.generic import grid
from losscli.render.report.origin import all_as_csv
from losscli.results.documents.eval import Evaluation
from losscli.results.statistics import Concentration, DistributionResult, LossResult

_PARTS = (("loss", "s0"), ("gradient", "s1"), ("smooth_l1", "s2"))
MOST_ROWS = 500  # of all losses together
_MOST_LOSSES = 12  # that are drawn


def distribution_blocks(result: Evaluation) -> list[Block]:
    """A histogram with quantiles and a curve of concentration a loss, then the quantiles."""
    known = [loss for loss in result.losses if loss.distribution is not None]
    figures = [figure for loss in known[:_MOST_LOSSES] for figure in _figures(loss)]
    if not known:
        return []
    return [*([Figures(figures)] if figures else []), grid(quantile_table(known), "quantiles")]


def worst_blocks(result: Evaluation, path: str = "") -> list[Block]:
    """A table a loss of its worst rows; path: the file of the result, which has all of them."""
    shown = [loss for loss in result.losses if loss.worst]
    most = max(1, MOST_ROWS // max(1, len(shown)))
    return [_worst(result, loss, most, path) for loss in shown]


def _worst(result: Evaluation, loss: LossResult, most: int, path: str) -> Grid:
    few = loss.replace(worst=loss.worst[:most])
    found = grid(worst_table_of(result, few), f"the {len(few.worst):,} worst rows by {loss.label}")
    left_out = len(loss.worst) - most
    if left_out <= 0:
        return found
    words = f"{left_out:,} of {len(loss.worst):,} worst rows are not shown"
    return found._replace(note=f"{words}; {all_as_csv(path, 'rows.csv')}")


def _figures(loss: LossResult) -> Iterator[Figure]:
    found = loss.distribution
    if found is None:
        return
    if 0 < len(found.counts) == len(found.edges) - 1:
        about = "" if found.exact else ", quantiles to 0.001 %"
        title = f"{loss.label} of the rows{about}"
        picture = histogram(found.edges, found.counts, found.quantiles, loss.label, title)
        yield Figure(title, picture)
    curve = _concentration(loss, found)
    if curve is not None:
        yield curve


def _concentration(loss: LossResult, found: DistributionResult) -> Figure | None:
    """The part of the loss that the worst rows carry, by their share; log axis of the share."""
    if not any(each.loss is not None for each in found.worst):
        return None
    names = {"loss": loss.label, "gradient": "norm of its gradient", "smooth_l1": "smooth_l1"}
    shown = [
        Series(names[part], class_, points)
        for part, class_ in _PARTS
        if len(points := _points(found, part)) > 1
    ]
    least = min(each.share for each in found.worst)
    even = [least ** (step / 24) for step in range(25)]
    shown.append(Series("equal rows", "limit", [Point(share, share) for share in even]))
    x = Axis("the worst rows", log=True, text=_percent)
    y = Axis("part that they carry", text=_percent, ticks=(0.0, 0.25, 0.5, 0.75, 1.0))
    title = f"concentration of {loss.label}"
    picture = lines(shown, x, y, title)
    return Figure(title, picture, [(each.class_, each.name) for each in shown])


def _points(found: DistributionResult, part: str) -> list[Point]:
    """The points of a curve; all rows carry all of it."""
    known = [
        (each.share, share, each) for each in found.worst
        if (share := getattr(each, part)) is not None
    ]  # fmt: skip
    if not known:
        return []
    points = [Point(at, share, words=_words(each, share)) for at, share, each in known]
    return [*points, Point(1.0, 1.0, words="all rows")]


def _words(each: Concentration, share: float) -> str:
    return f"the worst {_percent(each.share)} ({each.rows:,} rows) carry {100 * share:.3g} %"


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"
