"""Tables of the rows of an evaluation: the distribution and the worst rows of each loss."""

from collections.abc import Iterator, Sequence

from losscli.render.numbers import percent, significant
from losscli.render.page import Table, TableRow
from losscli.results.documents.eval import Evaluation
from losscli.results.statistics import LossResult
from losscli.results.text import escape

_MOST_NUMBERS = 4  # of a row, in a cell
_LONGEST = 28  # characters of a bar


def detail_tables(result: Evaluation) -> Iterator[Table]:
    """Quantiles of all losses, then a histogram and the worst rows of each."""
    known = [loss for loss in result.losses if loss.distribution is not None]
    if known:
        yield quantile_table(known)
    for loss in known:
        yield _histogram(loss)
    yield from worst_tables(result)


def quantile_table(losses: Sequence[LossResult]) -> Table:
    """The quantiles and the largest loss of a row; of a derived statistic those of its rows."""
    names = tuple(losses[0].distribution.quantiles) if losses[0].distribution else ()
    rows = []
    for loss in losses:
        found = loss.distribution.quantiles if loss.distribution else {}
        cells = [significant(found.get(name), 6) for name in names]
        rows.append(TableRow((escape(loss.label), *cells)))
    return Table(("rows", *names), rows, range(1, 1 + len(names)))


def _histogram(loss: LossResult) -> Table:
    """A row a bin: its lower edge, a bar and its rows; then the part of the worst rows."""
    found = loss.distribution
    assert found is not None
    most = max(found.counts, default=0)
    lasts = len(found.counts) - 1
    rows = []
    for at, count in enumerate(found.counts):
        low, high = found.edges[at : at + 2]
        length = round(_LONGEST * count / most)
        bar = "█" * length if length else ("▏" if count else "")
        end = "]" if at == lasts else ")"
        rows.append(TableRow((f"[{_short(low)},", f"{_short(high)}{end}", f"{count:,}", bar)))
    rows += [TableRow((line,)) for line in _worst_lines(loss)]
    return Table((escape(loss.label), "", "rows", ""), rows, (0, 1, 2))


def _short(edge: float) -> str:
    return f"{edge + 0.0:.6g}"


def _worst_lines(loss: LossResult) -> Iterator[str]:
    """The part that the worst rows carry, a line for each share of the rows."""
    found = loss.distribution
    for each in found.worst if found is not None else ():
        if each.loss is None:
            continue
        rows = f"{each.rows:,} row{'' if each.rows == 1 else 's'}"
        share, part = percent(each.share), _share(each.loss)
        line = f"the worst {share} of rows ({rows}) carry {part} of {escape(loss.label)}"
        gradient = (
            "" if each.gradient is None else f", {_share(each.gradient)} of its gradient norm"
        )
        other = "" if each.smooth_l1 is None else f"; under smooth_l1 {_share(each.smooth_l1)}"
        yield f"{line}{gradient}{other}"


def worst_tables(result: Evaluation) -> Iterator[Table]:
    """The worst rows of each loss, a table each."""
    for loss in result.losses:
        if loss.worst:
            yield worst_table_of(result, loss)


def worst_table_of(result: Evaluation, loss: LossResult) -> Table:
    """The worst rows of a loss, which has some; their columns as the data name them."""
    names = _name_of(result, "preds", "pred"), _name_of(result, "targets", "target")
    return _worst_table(loss, names)


def _name_of(result: Evaluation, role: str, default: str) -> str:
    """The column of a role, where it has one."""
    columns = next((part.columns for part in result.inputs if part.role == role), ())
    return escape(columns[0]) if len(columns) == 1 else default


def _worst_table(loss: LossResult, names: tuple[str, str]) -> Table:
    """A row for each; a column that no row has is left out."""
    worst, ids = loss.worst, tuple(loss.worst[0].id)
    columns = [("rank", [str(rank) for rank in range(1, len(worst) + 1)])]
    columns += [(escape(name), [escape(row.id[name]) for row in worst]) for name in ids]
    columns += [] if ids else [("row", [str(row.row) for row in worst])]
    columns += [
        (names[0], [_numbers(row.pred) for row in worst]),
        (names[1], [_numbers(row.target) for row in worst]),
        (escape(loss.label), [significant(row.value, 6) for row in worst]),
        ("share", [_share(row.share) for row in worst]),
    ]
    numeric = {*range(len(columns))} - {*range(1, 1 + len(ids))}
    kept = [at for at, (_, cells) in enumerate(columns) if set(cells) != {"-"}]
    rows = [TableRow(cells) for cells in zip(*(columns[at][1] for at in kept), strict=True)]
    aligned = [place for place, at in enumerate(kept) if at in numeric]
    return Table(tuple(columns[at][0] for at in kept), rows, aligned)


def _numbers(numbers: Sequence[float] | None) -> str:
    """The numbers of a row in a cell; a dash for none, or more than are shown."""
    if not numbers or len(numbers) > _MOST_NUMBERS:
        return "-"
    return ", ".join(f"{number:.6g}" for number in numbers)


def _share(share: float | None) -> str:
    """A share in percent, to two digits."""
    if share is None:
        return "-"
    percent = 100 * share
    return f"{percent:.0f} %" if percent >= 10 else f"{significant(percent, 2)} %"
