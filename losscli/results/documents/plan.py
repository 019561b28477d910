"""`PlanListing`: what the runs of a config would read."""

from typing import Literal

from losscli.results.document import Count, Listing, Record
from losscli.results.gate import GateResult


class PlannedStep(Record, frozen=True, kw_only=True):
    """One step of a config.

    kind: eval or bench. losses: the labels. rows, bytes, seconds: estimates; None if they are not
    known before it runs. gates: as written. problem: why it cannot run.
    """

    config: str
    run: str
    kind: Literal["eval", "bench"]
    losses: tuple[str, ...]
    rows: Count | None = None
    bytes: Count | None = None
    seconds: float | None = None
    gates: tuple[str, ...] = ()
    problem: str | None = None


class PlanListing(Listing, frozen=True, kw_only=True, tag="losscli/plan/1"):
    """The steps that a run would carry out.

    gates: those that are in error already. gate_count: all gates of the configs.
    """

    rows: tuple[PlannedStep, ...]
    gates: tuple[GateResult, ...] = ()
    gate_count: int = 0

    optional = frozenset({"gates"})
    hidden = frozenset({"notes", "gate_count"})
