"""The texts of --engine."""

import re
from typing import Any

from losscli.plans.flags import FlagError

LOCAL = "local"  # the engine of this process
_DASK = r"dask(?::([a-z]+://\S+|\S+:[0-9]+))?"


def check_engine(plan: Any) -> None:
    """Raise FlagError for an engine that is unknown."""
    if plan.engine != LOCAL and address_of(plan.engine) is None:
        words = f"takes local, dask or dask:tcp://HOST:PORT, not {plan.engine!r}"
        raise FlagError.of_field(plan, "engine", words)


def address_of(engine: str) -> str | None:
    """The address of a cluster, empty for one of this machine; None for another engine.

    >>> address_of("dask:tcp://10.0.0.5:8786"), address_of("dask"), address_of("local")
    ('tcp://10.0.0.5:8786', '', None)
    """
    found = re.fullmatch(_DASK, engine)
    return None if found is None else found[1] or ""
