"""The page of two evaluations: a row a loss, then a row a group and loss."""

from collections.abc import Iterator

from losscli.render.numbers import interval, p_value, percent
from losscli.render.page import Page, ReportCase, Table, TableRow
from losscli.render.verdicts import STYLES, case_of, count_line, missing_case, one_sided
from losscli.results.documents.diff import EvaluationDiff, LossDiff
from losscli.results.text import escape
from losscli.stats.formatting import number

_HEADERS = (
    "loss", "old", "new", "change", "relative", "95 % interval", "p (Holm)", "test", "verdict",
)  # fmt: skip
_DROP_ORDER = ("test", "old", "relative", "p (Holm)", "new")
_TESTS = {"pairs": "paired t", "standard errors": "Welch t"}
_MOST_GROUPS = 40
_WORST_FIRST = ("worse", "undecided", "not worse", "better")


def page(result: EvaluationDiff) -> Page:
    """The page of a difference between two evaluations."""
    notes = [note.message for note in result.notes]
    return Page(list(_header(result)), list(_tables(result)), list(_footer(result)), notes)


def report_cases(result: EvaluationDiff) -> list[ReportCase]:
    """A case a loss, and a case a group and loss."""
    fail_on = result.fail_on
    cases = []
    for row in result.rows:
        ci = interval(row.ci, row.stderr, "+")
        change = "" if row.change is None else f" ({_signed(row)} {ci})"
        cases.append(case_of(row.name, row.verdict, change, row.reason or "", fail_on))
    return cases + [missing_case(loss.name, fail_on) for loss in result.only_old]


def _header(result: EvaluationDiff) -> Iterator[str]:
    for side, saved in (("OLD", result.old), ("NEW", result.new)):
        yield f"{side} {escape(saved.path)} · losscli {escape(str(saved.losscli))}"
    margin = percent(result.margin)
    within = f"; up to {margin} of the old value counts as not worse" if result.margin else ""
    higher = [escape(row.name) for row in result.rows if row.higher_is_better and not row.by]
    other = f"; above 0 is better for {', '.join(higher)}" if higher else ""
    yield f"change = new - old; lower is better: a change above 0 is worse{other}{within}"


def _tables(result: EvaluationDiff) -> Iterator[Table]:
    losses = [row for row in result.rows if not row.by]
    groups = [row for row in result.rows if row.by]
    more = []
    if len(groups) > _MOST_GROUPS:
        groups.sort(key=lambda row: _WORST_FIRST.index(row.verdict))
        words = f"… and {len(groups) - _MOST_GROUPS:,} more: --format json has all"
        more = [TableRow((words,))]
    for rows in (list(map(_row, losses)), [*map(_row, groups[:_MOST_GROUPS]), *more]):
        if rows:
            yield Table(_HEADERS, rows, (1, 2, 3, 4, 6), _DROP_ORDER)


def _row(row: LossDiff) -> TableRow:
    sign = "+" if row.relative else ""
    cells = (
        escape(row.name),
        number(row.old, row.old_stderr),
        number(row.new, row.new_stderr),
        _signed(row),
        "-" if row.relative is None else f"{100 * row.relative:{sign}.3g} %",
        interval(row.ci, row.stderr, "+"),
        p_value(row.p_adjusted),
        "-" if row.used is None else _TESTS[row.used],
        row.verdict,
    )
    return TableRow(cells, STYLES.get(row.verdict, ""))


def _signed(row: LossDiff) -> str:
    """The change to two digits of its standard error."""
    if row.change is None:
        return "-"
    text = number(row.change, row.stderr)
    return text if row.change <= 0 else f"+{text}"


def _footer(result: EvaluationDiff) -> Iterator[str]:
    yield from _reasons(result)
    yield from one_sided(
        [loss.name for loss in result.only_old], [loss.name for loss in result.only_new]
    )
    pairs = dict.fromkeys(f"{row.pairs:,}" for row in result.rows if row.used == "pairs")
    if pairs:
        yield f"paired t: the saved losses of the {', '.join(pairs)} rows that count in both"
    if any(row.used == "standard errors" for row in result.rows):
        yield (
            "Welch t: as two independent samples; for the same rows, paired t gives narrower "
            "intervals"
        )
    if result.pairable:
        yield "both saved the losses of their rows: --per-sample pairs them"
    groups = ", and over the groups of each loss" if any(row.by for row in result.rows) else ""
    yield count_line(result.counts, f"the losses{groups}", result.exit_code)


def _reasons(result: EvaluationDiff) -> Iterator[str]:
    """Each reason once, with the losses that it holds for."""
    names_of: dict[str, list[str]] = {}
    for row in result.rows:
        if row.reason:
            names_of.setdefault(row.reason, []).append(escape(row.name))
    for reason, names in names_of.items():
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        yield f"undecided: {escape(reason)} ({', '.join(names[:3])}{more})"
