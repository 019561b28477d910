"""The page of the catalogue: a row a loss, by family, then the metrics."""

from collections.abc import Sequence
from itertools import groupby

from losscli.render.page import Page, Table, TableRow
from losscli.render.pages.explain import value_text
from losscli.results.documents.list import LossFacts, LossListing, MetricFacts
from losscli.results.text import escape


def page(result: LossListing) -> Page:
    """Tables with the families as captions."""
    tables = [_table("loss", result.losses)] if result.losses else []
    tables += [_table("metric", result.metrics)] if result.metrics else []
    counts = [_count(result.losses, "loss", "es"), _count(result.metrics, "metric", "s")]
    words = ", ".join(filter(None, counts))
    footer = [f"{words}; details of one: losscli explain NAME"]
    if result.penalties:
        names = ", ".join(result.penalties)
        footer.append(f'penalties, added to a loss (-l "mse + 0.01*l2(@w.npy)"): {names}')
    return Page((), tables, footer)


def _count(found: Sequence[LossFacts | MetricFacts], noun: str, ending: str) -> str:
    return f"{len(found)} {noun}{ending if len(found) != 1 else ''}" if found else ""


def _table(noun: str, found: Sequence[LossFacts | MetricFacts]) -> Table:
    rows = []
    for family, members in groupby(found, key=lambda each: each.family):
        rows.append(TableRow((family,), "dim"))
        rows += map(_row, members)
    headers = (noun, "takes", "parameters", "also", "use when")
    return Table(headers, rows, (), ("also", "parameters", "takes"), last_width=40)


def _row(each: LossFacts | MetricFacts) -> TableRow:
    pred, target = each.takes
    same = isinstance(each, MetricFacts) and pred == target
    takes = pred if same or target == "none" else f"{pred}, {target}"
    params = ", ".join(f"{param.name}={value_text(param.default)}" for param in each.params)
    derived = each.derived if isinstance(each, LossFacts) else ()
    return TableRow(
        (f"  {each.name}", takes, params, ", ".join([*each.aliases, *derived]), escape(each.use))
    )
