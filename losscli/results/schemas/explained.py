"""Schemas of what is said of losses: the catalogue, one explanation, curves."""

from losscli.results.schemas.parts import (
    NUMBER,
    OBJECT,
    TEXT,
    TRUTH,
    Schema,
    document,
    ended,
    mapping,
    maybe,
    one_of,
    pair,
    record,
    several,
)

_TEXTS = several(TEXT)
_PARAMS = several(
    record({"name": TEXT, "default": {}, "bounds": TEXT, "meaning": TEXT, "kind": TEXT})
)
_LOSS: Schema = {
    "name": TEXT,
    "aliases": _TEXTS,
    "derived": _TEXTS,
    "family": TEXT,
    "tasks": _TEXTS,
    "takes": pair(TEXT),
    "formula": TEXT,
    "params": _PARAMS,
    "use": TEXT,
    "libraries": _TEXTS,
}
_CURVE = record(
    {
        "label": TEXT,
        "axis": TEXT,
        "at": several(NUMBER),
        "losses": several(NUMBER),
        "gradients": maybe(several(NUMBER)),
    }
)
_BREAKS = several(record({"at": NUMBER, "left": NUMBER, "right": NUMBER}))
_TAIL = record(
    {
        "growth": one_of("none", "vanishes", "bounded", "grows", "explodes"),
        "limit": maybe(NUMBER),
        "power": maybe(NUMBER),
    }
)


def catalogue() -> Schema:
    """The losses that there are, or those that were looked for."""
    return document("list", {"losses": several(record(_LOSS)), **ended(0)}, {"penalties": _TEXTS})


def explanation() -> Schema:
    """One loss, with its parameters."""
    domain = record({"kind": TEXT, "domain": TEXT})
    return document(
        "explain",
        {
            "label": TEXT,
            "statistic": maybe(TEXT),
            **_LOSS,
            "latex": TEXT,
            "values": OBJECT,
            "summary": TEXT,
            "shapes": TEXT,
            "pred": domain,
            "target": maybe(domain),
            "gradient": TEXT,
            "line": record({"axis": TEXT, "low": NUMBER, "high": NUMBER}),
            "points": several(record({"at": NUMBER, "loss": NUMBER, "gradient": maybe(NUMBER)})),
            "corners": _BREAKS,
            "jumps": _BREAKS,
            "left": _TAIL,
            "right": _TAIL,
            "largest_gradient": maybe(NUMBER),
            "convex": maybe(TRUTH),
            "even": TRUTH,
            "curve": _CURVE,
            "avoid": TEXT,
            "equivalents": mapping(TEXT),
            "conventions": mapping(record({"version": TEXT, "note": TEXT})),
            "pitfalls": _TEXTS,
            "source": TEXT,
            "next": _TEXTS,
            **ended(0),
        },
    )


def plot() -> Schema:
    """Curves on one axis."""
    return document(
        "plot",
        {
            "axis": TEXT,
            "low": NUMBER,
            "high": NUMBER,
            "title": maybe(TEXT),
            "output": maybe(TEXT),
            "curves": several(_CURVE),
            **ended(0),
        },
    )
