"""`RunPlan`: the runs of a config, as plans."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from losscli.config.layers import Kind, Value
from losscli.gates import (
    COUNTS,
    Gate,
    GateResult,
    NotWorse,
    Policy,
    VerdictGate,
    in_error,
    resolve_labels,
)
from losscli.results.document import Note

AnyGate: TypeAlias = Gate | NotWorse | VerdictGate

# Names that Windows takes for devices, whatever follows a dot.
_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{n}{k}" for n in ("COM", "LPT") for k in range(1, 10))}


class Step(NamedTuple):
    """One evaluation, benchmark or comparison of a config, and its gates."""

    name: str
    kind: Kind
    plan: Any
    gates: tuple[AnyGate, ...] = ()

    @property
    def points(self) -> list[Gate]:
        """The gates on numbers of its result."""
        return [gate for gate in self.gates if isinstance(gate, Gate)]

    @property
    def conditions(self) -> list[Gate | VerdictGate]:
        """The gates that its result alone decides."""
        return [gate for gate in self.gates if not isinstance(gate, NotWorse)]

    @property
    def pairs(self) -> list[NotWorse]:
        """The gates that compare its predictions with others."""
        return [gate for gate in self.gates if isinstance(gate, NotWorse)]


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The runs of a config in their order, their gates, and the output files.

    path, text: the file as it was read, `${NAME}` unexpanded. settings: the texts of `--set`.
    stray: gates of unknown runs. reads: files of parameters. values: each value that is
    not built in and its origin, by "evals.NAME.FLAG".
    """

    path: str
    text: str
    settings: tuple[str, ...]
    steps: tuple[Step, ...]
    stray: tuple[AnyGate, ...] = ()
    baseline: str | None = None
    outputs: tuple[str, ...] = ()
    on_undecided: Policy = "undecided"
    reads: tuple[str, ...] = ()
    values: Mapping[str, Value] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    @property
    def name(self) -> str:
        """The file's name without its suffix, as a safe name of a folder of results."""
        stem = os.path.splitext(os.path.basename(self.path))[0]  # noqa: PTH119, PTH122
        safe = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in stem)
        name = safe.strip(".")[:100] or "config"
        return f"_{name}" if name.split(".")[0].upper() in _DEVICES else name

    def strays(self) -> Iterator[GateResult]:
        """The gates of unknown runs: each is an error."""
        known = ", ".join(step.name for step in self.steps)
        for gate in self.stray:
            words = f"unknown run {gate.run!r}; the runs are {known}"
            yield in_error(gate, words)

    def unlabelled(self) -> Iterator[GateResult]:
        """The gates of losses that an evaluation or comparison does not have: each is an error.

        Raises UsageError for a gate whose name several losses have.
        """
        for step in self.steps:
            if step.kind == "bench":
                continue
            labels = _labels_of(step)
            gates: list[AnyGate] = [*resolve_labels(step.conditions, labels), *step.pairs]
            for gate in gates:
                if gate.label not in labels and gate.label not in COUNTS:
                    words = f"no loss is labelled {gate.label!r}: {', '.join(labels)}"
                    yield in_error(gate, words).replace(run=step.name)


def _labels_of(step: Step) -> dict[str, str]:
    """The labels of the results of a step, each with the name of its loss or metric."""
    bound = [*step.plan.loss, *step.plan.metric]
    if step.kind != "eval" or step.plan.models is None:
        return {each.label: each.declared.name for each in bound}
    from losscli.evaluation.models import labels_of

    return labels_of(step.plan, bound)
