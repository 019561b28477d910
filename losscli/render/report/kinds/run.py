"""The sections of a run: its gates, each of its steps, its origin."""

import shlex
from collections.abc import Iterator
from importlib import import_module

from losscli.render.report.blocks import Block, Code, Details, Section, Text
from losscli.render.report.gates import gates_grid
from losscli.render.report.origin import environment, inputs_grid
from losscli.render.report.source import Source
from losscli.results.documents.bench import Benchmark
from losscli.results.documents.eval import Evaluation
from losscli.results.documents.run import Run


def section(source: Source) -> Section:
    """The section of a run of a config."""
    result: Run = source.result
    return Section(source.name, (), list(_sections(source, result)), result.status)


def _sections(source: Source, result: Run) -> Iterator[Section]:
    evaluations = {n: part for n, part in result.results.items() if isinstance(part, Evaluation)}
    if result.gates:
        grid = gates_grid(result.gates, lambda run: evaluations.get(run or ""))
        yield Section("Gates", [grid])
    for name, failure in result.failures.items():
        yield Section(f"{name}: failed", [Text(failure.lines(), "bad")], status="error")
    for name, part in result.results.items():
        builder = import_module(f"losscli.render.report.kinds.{part.page}")
        yield Section(name, (), list(builder.results(source.step(name, part))))
    if result.notes:
        yield Section("Notes", [Text([note.message for note in result.notes])])
    read = [
        Section(name, [inputs_grid(part.inputs)])
        for name, part in result.results.items()
        if not isinstance(part, Benchmark)
    ]
    if read:
        yield Section("Inputs", (), read)
    yield Section("Environment", environment(result.environment, result.git, result.losscli))
    yield Section("Repeat", _repeat(result))


def _repeat(result: Run) -> list[Block]:
    words = result.command or ("losscli", "run", result.config.path or "losscli.yaml")
    blocks: list[Block] = [Code(shlex.join(words))]
    if result.config.text:
        blocks.append(Details(f"The config {result.config.path}", [Code(result.config.text)]))
    return blocks
