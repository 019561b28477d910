"""`LossListing`: the losses, as their declarations describe them."""

from typing import Any

from losscli.results.document import Listing, Record


class ParamFacts(Record, frozen=True):
    """A parameter of a loss.

    name: as typed. default: its default. bounds: the values that it may have, in words. meaning: in
    words. kind: number, whole, columns, flag, word or any.
    """

    name: str
    default: Any
    bounds: str
    meaning: str
    kind: str


class LossFacts(Record, frozen=True, kw_only=True):
    """The facts of a loss.

    name: the name of the loss. aliases: other names. derived: statistics of its mean. tasks: what
    it is for. takes: the kinds of predictions and targets. params: its parameters. libraries: those
    whose conventions `--like` follows.
    """

    name: str
    aliases: tuple[str, ...]
    derived: tuple[str, ...]
    family: str
    tasks: tuple[str, ...]
    takes: tuple[str, str]
    formula: str
    params: tuple[ParamFacts, ...]
    use: str
    libraries: tuple[str, ...]


class MetricFacts(Record, frozen=True, kw_only=True):
    """The facts of a metric.

    name: the name of the metric. aliases: other names. takes: the kinds of predictions and targets.
    params: its parameters. higher_is_better: None where neither is.
    """

    name: str
    aliases: tuple[str, ...]
    family: str
    takes: tuple[str, str]
    formula: str
    params: tuple[ParamFacts, ...]
    use: str
    higher_is_better: bool | None


class LossListing(Listing, frozen=True, kw_only=True, tag="losscli/list/1"):
    """Losses by family and name.

    losses, metrics: their facts. penalties: as they are written in a sum.
    """

    losses: tuple[LossFacts, ...]
    penalties: tuple[str, ...] = ()
    metrics: tuple[MetricFacts, ...] = ()

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a loss, then one a metric."""
        found: tuple[LossFacts | MetricFacts, ...] = (*self.losses, *self.metrics)
        return [
            {
                "name": loss.name,
                "aliases": " ".join(loss.aliases),
                "family": loss.family,
                "tasks": " ".join(getattr(loss, "tasks", ())),
                "pred": loss.takes[0],
                "target": loss.takes[1],
                "params": " ".join(f"{p.name}={p.default}" for p in loss.params),
                "formula": loss.formula,
                "use": loss.use,
            }
            for loss in found
        ]
