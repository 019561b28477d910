"""The page of the catalogue: a row a loss, by family."""

from itertools import groupby

from losscli.render.page import Page, Table, TableRow
from losscli.results.documents.list import LossFacts, LossListing
from losscli.results.text import escape

_HEADERS = ("loss", "takes", "parameters", "also", "use when")
_DROP_ORDER = ("also", "parameters", "takes")
_LAST_WIDTH = 40


def page(result: LossListing) -> Page:
    """A table with the families as captions."""
    rows = []
    for family, losses in groupby(result.losses, key=lambda loss: loss.family):
        rows.append(TableRow((family,), "dim"))
        rows += map(_row, losses)
    table = Table(_HEADERS, rows, (), _DROP_ORDER, last_width=_LAST_WIDTH)
    count = len(result.losses)
    footer = [f"{count} loss{'es' if count != 1 else ''}; details of one: losscli explain NAME"]
    if result.penalties:
        names = ", ".join(result.penalties)
        footer.append(f'penalties, added to a loss (-l "mse + 0.01*l2(@w.npy)"): {names}')
    return Page((), [table], footer)


def _row(loss: LossFacts) -> TableRow:
    pred, target = loss.takes
    takes = pred if target == "none" else f"{pred}, {target}"
    params = ", ".join(f"{param.name}={_default(param.default)}" for param in loss.params)
    also = ", ".join([*loss.aliases, *loss.derived])
    return TableRow((f"  {loss.name}", takes, params, also, escape(loss.use)))


def _default(value: object) -> str:
    if value is None or isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
