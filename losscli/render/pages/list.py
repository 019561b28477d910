"""The page of the catalogue: a row a loss, by family."""

from itertools import groupby

from losscli.render.page import Page, Table, TableRow
from losscli.render.pages.explain import value_text
from losscli.results.documents.list import LossFacts, LossListing
from losscli.results.text import escape


def page(result: LossListing) -> Page:
    """A table with the families as captions."""
    rows = []
    for family, losses in groupby(result.losses, key=lambda loss: loss.family):
        rows.append(TableRow((family,), "dim"))
        rows += map(_row, losses)
    headers = ("loss", "takes", "parameters", "also", "use when")
    table = Table(headers, rows, (), ("also", "parameters", "takes"), last_width=40)
    count = len(result.losses)
    footer = [f"{count} loss{'es' if count != 1 else ''}; details of one: losscli explain NAME"]
    if result.penalties:
        names = ", ".join(result.penalties)
        footer.append(f'penalties, added to a loss (-l "mse + 0.01*l2(@w.npy)"): {names}')
    return Page((), [table], footer)


def _row(loss: LossFacts) -> TableRow:
    pred, target = loss.takes
    takes = pred if target == "none" else f"{pred}, {target}"
    params = ", ".join(f"{param.name}={value_text(param.default)}" for param in loss.params)
    also = ", ".join([*loss.aliases, *loss.derived])
    return TableRow((f"  {loss.name}", takes, params, also, escape(loss.use)))
