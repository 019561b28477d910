"""`Run`: the evaluations, benchmarks, comparisons and gates of a config."""

from collections.abc import Iterator
from typing import Any

from msgspec import field

from losscli.errors import first_code
from losscli.results.document import Document, Environment, Git, Note, Record, Time, Timing
from losscli.results.documents.bench import Benchmark
from losscli.results.documents.compare import ModelComparison
from losscli.results.documents.error import ErrorReport
from losscli.results.documents.eval import Evaluation
from losscli.results.gate import GateResult, exit_code
from losscli.results.statistics import keyed


class ConfigRecord(Record, frozen=True, kw_only=True):
    """The config of a run.

    name: the name of the config. text: the text of the file. set: the texts of `--set`. baseline:
    the path of the baseline. evals, benches, comparisons: the names of its steps.
    """

    path: str = ""
    name: str
    text: str = ""
    digest: str = ""
    set: tuple[str, ...] = ()
    baseline: str | None = None
    evals: tuple[str, ...] = ()
    benches: tuple[str, ...] = ()
    comparisons: tuple[str, ...] = ()

    optional = frozenset({"comparisons"})


class Blessing(Record, frozen=True, kw_only=True):
    """The origin of a baseline.

    reason: as given. user: who made it. at: when, in UTC. from_: the result that it was made from.
    """

    reason: str
    user: str | None = None
    at: str
    from_: str = field(name="from")
    git: Git | None = None


class Run(Document, frozen=True, kw_only=True, tag="losscli/run/1"):
    """The results of the steps of a config.

    evals, benches, comparisons: by name; the error of a step that failed. gates: of all steps, in
    the order of the config. notes: those of the config itself. blessed:
    the origin of a baseline. outputs: files that it is written to. saved: its place in the results
    folder.
    """

    config: ConfigRecord
    evals: dict[str, Evaluation | ErrorReport]
    benches: dict[str, Benchmark | ErrorReport]
    comparisons: dict[str, ModelComparison | ErrorReport] = field(default_factory=dict)
    gates: tuple[GateResult, ...]
    notes: tuple[Note, ...] = ()
    started: Time | None = None
    timing: Timing = Timing()
    command: tuple[str, ...] = ()
    git: Git | None = None
    environment: Environment = field(default_factory=dict)
    blessed: Blessing | None = None
    outputs: tuple[str, ...] = ()
    saved: str | None = None

    optional = frozenset({"blessed", "comparisons"})
    hidden = frozenset({"outputs", "saved"})

    def __getitem__(self, name: str) -> Evaluation | Benchmark | ModelComparison:
        found = self.results.get(name)
        if found is None:
            raise KeyError(f"{name!r}; the runs are {', '.join([*self.results, *self.failures])}")
        return found

    @property
    def results(self) -> dict[str, Evaluation | Benchmark | ModelComparison]:
        """The steps that gave a result: evaluations, benchmarks, comparisons."""
        return parts_of(self, failed=False)

    @property
    def failures(self) -> dict[str, ErrorReport]:
        """The steps that gave none."""
        return parts_of(self, failed=True)

    @property
    def times(self) -> dict[str, float]:
        """The seconds that each step took, where it gave a result."""
        return {name: result.timing.wall_s for name, result in self.results.items()}

    @property
    def all_notes(self) -> tuple[Note, ...]:
        """Its own notes, and those of its steps, each with the name of its step."""
        of_steps = [
            note.replace(message=f"{name}: {note.message}")
            for name, result in self.results.items()
            for note in result.notes
        ]
        return (*self.notes, *of_steps)

    @property
    def facts(self) -> list[tuple[str, str]]:
        """The config, the commit and the digests of the data, by name."""
        git, found = self.git, [("config", self.config.path), ("config.digest", self.config.digest)]
        if git is not None:
            changed = " with changes" if git.dirty else ""
            found.append(("git.commit", f"{git.commit}{changed}"))
        for name, part in (*self.evals.items(), *self.comparisons.items()):
            if not isinstance(part, ErrorReport):
                found += [(f"{name}.{given.role}", given.digest or "") for given in part.inputs]
        return [(name, value) for name, value in found if value]

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a loss, a group and loss, a row of a benchmark, or a pair of models."""
        return list(self._records())

    def _records(self) -> Iterator[dict[str, Any]]:
        for name, part in self.results.items():
            if isinstance(part, Benchmark):
                yield from ({"run": name, **row.to_record()} for row in part.rows)
                continue
            if isinstance(part, ModelComparison):
                records = [*part.to_records(), *part.group_records()]
                yield from ({"run": name, **record} for record in records)
                continue
            yield from ({"run": name, **loss.to_record()} for loss in part.statistics)
            for group in part.groups:
                for loss in group.statistics:
                    yield keyed(group.by, {"run": name, **loss.to_record()})

    def _exit_code(self) -> int:
        found: list[int] = [failure.code for failure in self.failures.values()]
        found.append(exit_code(self.gates))
        for part in self.results.values():
            if isinstance(part, Benchmark):
                found.append(part.exit_code)
            elif isinstance(part, ModelComparison):
                found.append(part.verdict_code)
        return first_code(found)

    def _summary(self) -> str:
        return f"{self.config.name}, {len(self.results)} results, {len(self.gates)} gates"


def parts_of(document: Any, *, failed: bool) -> dict[str, Any]:
    """The steps of a run or of a diff of runs that failed, or that did not."""
    sections = (document.evals, document.benches, getattr(document, "comparisons", {}))
    parts = [item for section in sections for item in section.items()]
    return {name: part for name, part in parts if isinstance(part, ErrorReport) is failed}
