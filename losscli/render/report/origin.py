"""Where the numbers of a result come from: inputs, environment, and the command to repeat it."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from losscli.render.numbers import percent
from losscli.render.report.blocks import Block, Cell, Code, Column, Facts, Grid
from losscli.results.document import Git
from losscli.results.documents.eval import Evaluation, Input

_DIGEST = 19  # characters: sha256: and 12 digits


def inputs_grid(inputs: Sequence[Input]) -> Grid:
    """A row a file or array."""
    columns = [
        Column("role"), Column("file"), Column("format"), Column("shape"), Column("type"),
        Column("digest"),
    ]  # fmt: skip
    rows = [
        [Cell(text) for text in (
            part.role, _path(part), part.format, "×".join(map(str, part.shape)), part.dtype,
            (part.digest or "-")[:_DIGEST],
        )]
        for part in inputs
    ]  # fmt: skip
    return Grid("", columns, rows)


def method(result: Evaluation) -> str:
    """How it was computed."""
    conventions = f", conventions of {result.like}" if result.like else ""
    return (
        f"{result.backend} on {result.device} in {result.dtype}, exact sums{conventions}, "
        f"{result.timing.wall_s:.2f} s"
    )


def environment(facts: Mapping[str, Any], git: Git | None, version: str) -> list[Block]:
    """Versions, processor and system."""
    pairs = [("losscli", version)]
    if git is not None:
        pairs.append(("commit", f"{git.commit}{' with changes' if git.dirty else ''}"))
    for name, value in facts.items():
        if isinstance(value, Mapping):
            pairs += [(str(key), str(each)) for key, each in value.items()]
        elif value is not None and name != "losscli":
            pairs.append((name.replace("_", " "), str(value)))
    return [Facts(pairs)]


def command_of(result: Evaluation) -> list[Block]:
    """The command that repeats an evaluation."""
    return [Code(shlex.join(_words(result)))]


def _words(result: Evaluation) -> Iterator[str]:
    yield from ("losscli", "eval")
    files = {part.role: part for part in result.inputs}
    models = list(dict.fromkeys(loss.model for loss in result.losses if loss.model))
    preds, targets = files.get("preds"), files.get("targets")
    paths = [part.path for part in (preds, targets) if part is not None]
    yield from dict.fromkeys(paths)
    columns = models or ([",".join(preds.columns)] if preds and preds.columns else [])
    for name in columns:
        yield from ("--pred", name)
    if targets is not None and targets.columns:
        yield from ("--target", ",".join(targets.columns))
    if "weights" in files:
        yield from ("--weights", files["weights"].path)
    if result.groups:
        yield from ("--by", ",".join(result.groups[0].by))
    labels = [
        loss.label.removeprefix(f"{loss.model}: ") if loss.model else loss.label
        for loss in result.losses
    ]
    for name in dict.fromkeys(labels):
        yield from ("-l", name)
    for metric in result.metrics:
        yield from ("-m", metric.label)
    levels = {loss.ci_level for loss in result.losses} - {0.95}
    if levels:
        yield from ("--ci", percent(*levels).replace(" ", ""))
    if result.like:
        yield from ("--like", result.like)
    for gate in result.gates:
        yield from ("--gate", gate.expr)


def _path(part: Input) -> str:
    columns = f" [{', '.join(part.columns[:4])}{', …' if len(part.columns) > 4 else ''}]"
    return part.path + (columns if part.columns else "")
