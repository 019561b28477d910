"""Metrics by name: a metric is the file of its name in `catalogue/`."""

import os
from functools import cache
from importlib import import_module

import losscli.metrics.catalogue as catalogue
from losscli.errors import UsageError
from losscli.metrics.core.metric import Metric


@cache
def names() -> tuple[str, ...]:
    """The canonical names of all metrics; imports none of them."""
    files = (name for folder in catalogue.__path__ for name in os.listdir(folder))  # noqa: PTH208
    return tuple(sorted(n[:-3] for n in files if n.endswith(".py") and n[0] != "_"))


def load(name: str) -> Metric:
    """The metric of a canonical name."""
    metric = getattr(import_module(f"{catalogue.__name__}.{name}"), name)
    assert isinstance(metric, Metric)
    return metric


def all_metrics() -> list[Metric]:
    """All metrics, by family and name; imports all declarations."""
    return sorted(map(load, names()), key=lambda metric: (metric.family, metric.name))


def is_metric(name: str) -> bool:
    """True for the name or an alias of a metric, whatever its case."""
    return _lookup(name) is not None


def _lookup(name: str) -> Metric | None:
    plain = name.lower().replace("-", "_")
    if plain in names():
        return load(plain)
    return _aliases().get(plain)


@cache
def _aliases() -> dict[str, Metric]:
    return {alias: metric for metric in all_metrics() for alias in metric.aliases}


def find(name: str) -> Metric:
    """The metric of a name or alias, whatever its case.

    Raises UsageError with the nearest names for one that is unknown.
    """
    found = _lookup(name)
    if found is not None:
        return found
    plain = name.lower().replace("-", "_")
    from difflib import get_close_matches

    from losscli.losses.registry import is_known

    if is_known(plain):
        raise UsageError(f"{name} is a loss, not a metric", hint=f"-l {plain}")
    near = get_close_matches(plain, [*names(), *_aliases()], 3, 0.5)
    suggestion = f"did you mean {' or '.join(near)}? " if near else ""
    raise UsageError(f"unknown metric {name!r}", hint=f"{suggestion}losscli list shows all")
