"""Two evaluations as a page: a line a loss, then a line a group and loss."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from losscli.gates import Status
from losscli.gates.grammar import groups_text
from losscli.render.numbers import interval, percent
from losscli.render.page import Page, ReportCase, Table, TableRow
from losscli.results.text import escape
from losscli.stats.formatting import number

if TYPE_CHECKING:
    from losscli.differences.changes import Change, Changes, SavedLoss

_HEADS = ("loss", "old", "new", "change", "relative", "95 % interval", "by", "verdict")
_DROP_ORDER = ("by", "old", "relative")
_STYLES = {"worse": "red", "undecided": "yellow", "better": "green"}
_STATUS: dict[str, Status] = {"worse": "fail", "undecided": "undecided"}
_SOME = 8  # losses of one side that a line lists one by one
_MOST = 40  # groups that are shown


def page(result: "Changes") -> Page:
    """The page of a comparison."""
    notes = [note.message for note in result.notes]
    return Page(list(_top(result)), list(_tables(result)), list(_tail(result)), notes)


def report_cases(result: "Changes") -> list[ReportCase]:
    """A loss that is worse fails where that was asked for, and is a warning elsewhere."""
    strict = {"undecided": "undecided" in result.terms.fail_on}
    strict["fail"] = "worse" in result.terms.fail_on
    found = []
    for row in result.rows:
        status = _STATUS.get(row.verdict, "pass")
        counts = strict.get(status, True)
        if status == "fail" and not counts:
            status = "warn"
        change = "" if row.change is None else f" ({_signed(row)} {_interval(row)})"
        words = f"{row.verdict}{change}{': ' if row.reason else ''}{row.reason}"
        found.append(ReportCase(_name(row.new), status, words, counts=counts))
    for loss in result.only_old:
        words = "only in the old result"
        found.append(ReportCase(_name(loss), "undecided", words, counts=strict["undecided"]))
    return found


def _name(loss: "SavedLoss") -> str:
    return f"{loss.label}{groups_text(list(loss.by.items()))}"


def _top(result: "Changes") -> Iterator[str]:
    for word, saved in (("OLD", result.old), ("NEW", result.new)):
        yield f"{word} {escape(saved.name)} · losscli {escape(str(saved.document.get('losscli')))}"
    margin = result.terms.margin
    none = f"; up to {percent(margin)} of the old value is none" if margin else ""
    yield f"new less old, a lower loss is better: a change above 0 is worse{none}"


def _tables(result: "Changes") -> Iterator[Table]:
    left = frozenset({0, 5, 6, 7})
    whole = [row for row in result.rows if not row.new.by]
    groups = [row for row in result.rows if row.new.by]
    if whole:
        yield Table(_HEADS, [_line(row) for row in whole], left, _DROP_ORDER)
    if groups:
        lines = [_line(row) for row in _worst(groups)]
        if len(groups) > _MOST:
            lines.append(TableRow((f"… and {len(groups) - _MOST:,} more: --format json has all",)))
        yield Table(_HEADS, lines, left, _DROP_ORDER)


def _worst(rows: "list[Change]") -> "list[Change]":
    """As they stand, or those that are worse first where not all are shown."""
    order = ("worse", "undecided", "not worse", "better")
    few = len(rows) <= _MOST
    return rows if few else sorted(rows, key=lambda row: order.index(row.verdict))[:_MOST]


def _line(row: "Change") -> TableRow:
    sign = "+" if row.relative else ""
    relative = "-" if row.relative is None else f"{100 * row.relative:{sign}.3g} %"
    cells = (
        escape(_name(row.new)),
        number(row.old.value, row.old.stderr),
        number(row.new.value, row.new.stderr),
        _signed(row),
        relative,
        _interval(row),
        row.how or "-",
        row.verdict,
    )
    return TableRow(cells, _STYLES.get(row.verdict, ""))


def _signed(row: "Change") -> str:
    """The change to two digits of its standard error."""
    if row.shift is None:
        return "-"
    text = number(row.shift.estimate, row.shift.stderr)
    return text if row.shift.estimate <= 0 else f"+{text}"


def _interval(row: "Change") -> str:
    return "-" if row.shift is None else interval(row.ci, row.shift.stderr, "+")


def _tail(result: "Changes") -> Iterator[str]:
    yield from _reasons(result)
    for word, losses in (("OLD", result.only_old), ("NEW", result.only_new)):
        names = [escape(_name(loss)) for loss in losses]
        if names:
            more = f"; and {len(names) - _SOME} more" if len(names) > _SOME else ""
            yield f"only in {word}: {'; '.join(names[:_SOME])}{more}"
    pairs = dict.fromkeys(f"{row.pairs:,}" for row in result.rows if row.how == "pairs")
    if pairs:
        yield f"by pairs: the kept losses of the {', '.join(pairs)} rows that count in both"
    if any(row.how == "standard errors" for row in result.rows):
        yield (
            "by standard errors, as of two independent samples: of the same rows, that claims less "
            "than pairs do"
        )
    if result.pairable:
        yield "both kept the losses of their rows: --per-sample pairs them"
    verdicts = [f"{count} {verdict}" for verdict, count in result.counts.items() if count]
    code = f"; exit code {result.exit_code}" if result.exit_code else ""
    yield f"{', '.join(verdicts)}; verdicts by Holm over the losses, at 95 %{code}"


def _reasons(result: "Changes") -> Iterator[str]:
    """Each reason once, with the losses that it holds for."""
    found: dict[str, list[str]] = {}
    for row in result.rows:
        if row.reason:
            found.setdefault(row.reason, []).append(escape(_name(row.new)))
    for reason, names in found.items():
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        yield f"undecided: {escape(reason)} ({', '.join(names[:3])}{more})"
