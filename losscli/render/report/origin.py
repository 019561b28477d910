"""Where the numbers of a result come from: its inputs, its method and its environment."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from losscli.render.report.blocks import Block, Cell, Code, Column, Facts, Grid, Section
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


def all_as_csv(path: str, name: str) -> str:
    """How to get a table of the whole result; path: its file, if it has one."""
    if not path:
        return "--format csv has all"
    return f"all of them: {shlex.join(['losscli', 'results', 'show', path, '-o', name])}"


def repeat(command: Sequence[str]) -> list[Section]:
    """The section with the command line that gives a result; none where nobody can type it."""
    return [Section("Repeat", [Code(shlex.join(command))])] if command else []


def _path(part: Input) -> str:
    columns = f" [{', '.join(part.columns[:4])}{', …' if len(part.columns) > 4 else ''}]"
    return part.path + (columns if part.columns else "")
