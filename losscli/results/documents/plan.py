"""`PlanListing`: what the runs of a config would read."""

from typing import Literal

from losscli.results.document import Count, Listing, Record, Shape
from losscli.results.gate import GateResult


class PlannedInput(Record, frozen=True, kw_only=True):
    """A file or array that a role would be read from.

    role: preds, targets, weights, ids or groups. format: the format of the file. columns: those
    that would be read. shape: of a row. bytes: the size of the file.
    """

    role: str
    path: str
    format: str
    columns: tuple[str, ...] = ()
    shape: Shape = ()
    dtype: str = ""
    bytes: Count = 0


class PlannedStep(Record, frozen=True, kw_only=True):
    """One step of a config.

    kind: eval, bench or compare. losses: the labels. rows, bytes, seconds: estimates; None if they
    are not known before it runs. inputs: the files of an evaluation; alignment: how their rows are
    paired; memory: the bytes that it needs, an estimate. gates: as written. problem: why it cannot
    run.
    """

    config: str
    run: str
    kind: Literal["eval", "bench", "compare"]
    losses: tuple[str, ...]
    rows: Count | None = None
    bytes: Count | None = None
    seconds: float | None = None
    gates: tuple[str, ...] = ()
    problem: str | None = None
    inputs: tuple[PlannedInput, ...] = ()
    alignment: str | None = None
    memory: Count | None = None

    optional = frozenset({"inputs", "alignment", "memory"})


class PlanListing(Listing, frozen=True, kw_only=True, tag="losscli/plan/1"):
    """The steps that a run would carry out.

    gates: those that are in error already. gate_count: all gates of the configs.
    """

    rows: tuple[PlannedStep, ...]
    gates: tuple[GateResult, ...] = ()
    gate_count: int = 0

    optional = frozenset({"gates"})
    hidden = frozenset({"notes", "gate_count"})
