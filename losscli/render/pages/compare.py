"""The page of a comparison of models: a table a loss, then its groups."""

import math
from collections.abc import Iterator, Sequence

from losscli.render.numbers import interval, p_value, percent, signed
from losscli.render.page import Page, Quantity, QuantityKind, ReportCase, Table, TableRow
from losscli.render.verdicts import STYLES, case_of
from losscli.results.documents.compare import (
    VERDICTS,
    LossComparison,
    ModelComparison,
    ModelResult,
    PairResult,
)
from losscli.results.text import escape
from losscli.stats.formatting import number

_DROP_ORDER = ("wins", "relative", "p (Holm)", "rank")
_MOST_GROUPS = 40  # rows of groups


def page(result: ModelComparison) -> Page:
    """The page of a comparison."""
    notes = [note.message for note in result.notes]
    header = list(_header(result))
    return Page(header, list(_tables(result)), list(_footer(result)), notes, result.gates)


def report_cases(result: ModelComparison) -> list[ReportCase]:
    """A case a loss and pair, over all rows and for each group."""
    parts = [("", list(result)), *((group.name, list(group)) for group in result.groups)]
    cases = []
    for group, losses in parts:
        for loss in losses:
            for pair in loss.pairs:
                name = f"{loss.label}{group}: {pair.model} against {pair.baseline}"
                change = f" ({signed(pair)} {interval(pair.ci, pair.stderr, '+')})"
                cases.append(case_of(name, pair.verdict, change, _advice(pair), result.fail_on))
    return cases


def quantities(result: ModelComparison) -> Iterator[Quantity]:
    """The losses and metrics of each model, then those of the groups."""
    yield from _quantities(result.losses, result.metrics, {})
    for group in result.groups:
        yield from _quantities(group.losses, group.metrics, {"group": group.name})


def _quantities(
    losses: Sequence[LossComparison], metrics: Sequence[LossComparison], setting: dict[str, str]
) -> Iterator[Quantity]:
    kinds: tuple[tuple[QuantityKind, Sequence[LossComparison]], ...]
    kinds = (("loss", losses), ("metric", metrics))
    for kind, found in kinds:
        for loss in found:
            for each in loss.models:
                place = {"model": each.model, **setting}
                yield Quantity(kind, loss.label, each.value, place, each.ci, loss.higher_is_better)


def _header(result: ModelComparison) -> Iterator[str]:
    against = f"baseline {escape(result.baseline)}" if result.pairs == "baseline" else "all pairs"
    test = f"; {result.test} by {_margin(result)}" if result.margin else ""
    yield f"{_rows(result)}, paired by row; {against}{test}"
    yield f"difference = model - baseline; {_direction(result)}"


def _direction(result: ModelComparison) -> str:
    higher = [escape(each.label) for each in result if each.higher_is_better]
    if not higher:
        return "lower is better: below 0 the model is better"
    if len(higher) == len(result):
        return "higher is better: above 0 the model is better"
    return f"below 0 the model is better; above 0 for {', '.join(higher)}"


def _rows(result: ModelComparison) -> str:
    counts = dict.fromkeys(f"{loss.n:,} of {loss.rows:,} rows" for loss in result)
    return " and ".join(counts)


def _margin(result: ModelComparison) -> str:
    return percent(result.margin) if result.relative else f"{result.margin:.6g}"


def _tables(result: ModelComparison) -> Iterator[Table]:
    for loss in result:
        if result.pairs == "baseline":
            yield _ranking(result, loss)
        else:
            yield _values(loss)
            rows = [_row(result, (f"{pair.model} - {pair.baseline}",), pair) for pair in loss.pairs]
            yield _pairs_table(result, (f"{loss.label} of",), rows)
    for label in (loss.label for loss in result) if result.groups else ():
        yield _groups(result, label)


def _ranking(result: ModelComparison, loss: LossComparison) -> Table:
    """The models by rank and value, each with its difference from the baseline."""
    pairs = {pair.model: pair for pair in loss.pairs}
    rows = []
    blanks = [""] * (5 if _is_resampled(result) else 4)
    for model in _by_rank(loss):
        head = (_rank(model), model.model, number(model.value, model.stderr))
        pair = pairs.get(model.model)
        if pair is None:
            rows.append(TableRow((*map(escape, head), "-", *blanks, "baseline")))
        else:
            rows.append(_row(result, head, pair))
    return _pairs_table(result, ("rank", "model", loss.label), rows)


def _values(loss: LossComparison) -> Table:
    """The models by rank and value."""
    rows = [
        TableRow((_rank(each), escape(each.model), number(each.value, each.stderr)))
        for each in _by_rank(loss)
    ]
    return Table(("rank", "model", escape(loss.label)), rows, (0, 2))


def _groups(result: ModelComparison, label: str) -> Table:
    """A row a group and pair, the worst first where not all are shown."""
    pairs = [(group.name, pair) for group in result.groups for pair in group[label].pairs]
    hidden = len(pairs) - _MOST_GROUPS
    if hidden > 0:
        pairs.sort(key=lambda each: VERDICTS.index(each[1].verdict))
    several = result.pairs == "all"
    rows = [
        _row(result, (f"{label}{name}", f"{p.model} - {p.baseline}" if several else p.model), p)
        for name, p in pairs[:_MOST_GROUPS]
    ]
    if hidden > 0:
        rows.append(TableRow((f"… and {hidden:,} more: --format json has all",)))
    return _pairs_table(result, ("group", "pair" if several else "model"), rows)


def _pairs_table(result: ModelComparison, headers: tuple[str, ...], rows: list[TableRow]) -> Table:
    """A table of pairs after columns of its own."""
    level = f"{percent(result.ci_level)} interval"
    more = (f"{percent(result.ci_level)} bootstrap",) if _is_resampled(result) else ()
    own = ("difference", "relative", level, *more, "p (Holm)", "wins", "verdict")
    first, last = len(headers), len(headers) + len(own) - 1
    right: tuple[int, ...] = (first, first + 1, last - 2, last - 1)
    if headers[0] == "rank":
        right = (0, 2, *right)
    return Table((*map(escape, headers), *own), rows, right, _DROP_ORDER, last_width=24)


def _is_resampled(result: ModelComparison) -> bool:
    """True if a pair has an interval of resamples."""
    parts = ([*result], *map(list, result.groups))
    return any(pair.bootstrap_ci for part in parts for loss in part for pair in loss.pairs)


def _row(result: ModelComparison, head: tuple[str, ...], pair: PairResult) -> TableRow:
    advice = _advice(pair)
    more = (interval(pair.bootstrap_ci, pair.stderr, "+"),) if _is_resampled(result) else ()
    cells = (
        *map(escape, head),
        signed(pair),
        "-" if pair.relative is None else f"{100 * pair.relative:+.3g} %",
        interval(pair.ci, pair.stderr, "+"),
        *more,
        p_value(pair.p_adjusted),
        "-" if pair.wins is None else f"{pair.wins:,}",
        f"{pair.verdict}: {advice}" if advice else pair.verdict,
    )
    return TableRow(cells, STYLES.get(pair.verdict, ""))


def _by_rank(loss: LossComparison) -> list[ModelResult]:
    sign = -1.0 if loss.higher_is_better else 1.0
    return sorted(loss.models, key=lambda each: (each.rank or math.inf, sign * each.value))


def _rank(model: ModelResult) -> str:
    return "-" if model.rank is None else str(model.rank)


def _advice(pair: PairResult) -> str:
    """The reason of a pair that is undecided, or the rows that would decide it."""
    rows = pair.rows_needed
    if rows is None or rows <= pair.n:
        return pair.reason or ""
    step = int(10 ** max(0, len(str(rows)) - 2))
    return f"about {-(-rows // step) * step:,} rows would decide"


def _footer(result: ModelComparison) -> Iterator[str]:
    tests = _tests(list(result))
    if result.pairs == "baseline":
        ranks = f"rank: by significant differences from the baseline (Holm, {tests})"
    else:
        ranks = f"rank: 1 more than the number of significantly better models (Holm, {tests})"
    yield f"{ranks}; wins: rows on which the model is better"
    if result.groups:
        tests = _tests(list(result.groups[0]))
        yield f"groups are a family of their own (Holm, {tests})"
    counts = ", ".join(f"{n} {verdict}" for verdict, n in result.counts.items() if n)
    code = f"; exit code {result.exit_code}" if result.exit_code else ""
    clustered = ", clustered" if any(loss.clusters for loss in result) else ""
    corrected = ", corrected for skewness," if result.ci_method else ""
    yield f"{counts} · paired t{clustered}{corrected} at {percent(result.ci_level)}{code}"


def _tests(losses: Sequence[LossComparison]) -> str:
    """The number of tests in a family, or in those of several losses."""
    counts = dict.fromkeys(loss.tests for loss in losses)
    return " and ".join(f"{count} test{'' if count == 1 else 's'}" for count in counts)
