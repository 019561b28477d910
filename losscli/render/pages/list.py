"""The page of the catalogue: a line a loss, by family."""

from itertools import groupby

from losscli.explanation.catalogue import Catalogue
from losscli.render.page import Page, Table, TableRow
from losscli.results.text import escape

_HEADS = ("loss", "takes", "parameters", "also", "use")
_DROP_ORDER = ("also", "use", "parameters")


def page(result: Catalogue) -> Page:
    """A table, with the families as captions."""
    lines = []
    for family, losses in groupby(result.losses, key=lambda loss: str(loss["family"])):
        lines.append(TableRow((family,), "dim"))
        for loss in losses:
            params = ", ".join(f"{p['name']}={_default(p['default'])}" for p in loss["params"])
            pred, target = loss["takes"]
            also = ", ".join([*loss["aliases"], *loss["derived"]])
            takes = pred if target == "none" else f"{pred}, {target}"
            lines.append(TableRow((f"  {loss['name']}", takes, params, also, escape(loss["use"]))))
    count = len(result.losses)
    tail = [f"{count} loss{'es' if count != 1 else ''}; one of them: losscli explain NAME"]
    if result.penalties:
        tail.append(f'added to a loss, as in -l "mse + 0.01*l2(@w.npy)": '
                    f"{', '.join(result.penalties)}")  # fmt: skip
    table = Table(_HEADS, lines, frozenset(range(len(_HEADS))), _DROP_ORDER)
    return Page((), [table], tail)


def _default(value: object) -> str:
    if value is None or isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
