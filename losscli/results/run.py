"""`SuiteResult`: what the runs of a config found, and their forms for people and programs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from losscli.backends.machine import environment
from losscli.errors import Failure, first_code
from losscli.gates import GateResult, exit_code, read_gate
from losscli.results.benchmark import Benchmark
from losscli.results.benchmark import flat as flat_row
from losscli.results.document import Document, Note, ending
from losscli.results.evaluation import Evaluation, keyed
from losscli.results.evaluation import flat as flat_loss


@dataclass(frozen=True, slots=True)
class SuiteResult(Document):
    """The results of a config's runs, by their names.

    record: of the config: path, name, text, digest, the texts of `--set`, baseline, names of runs.
    gates: of all runs, in the order of the config. started: UTC, as ISO 8601 has it. git: commit
    and dirtiness of the folder, None where it is no repository. outputs: files that it is written
    to. saved: its place in the results.
    """

    page: ClassVar[str] = "run"

    record: Mapping[str, Any]
    evals: Mapping[str, Evaluation]
    benches: Mapping[str, Benchmark]
    failures: tuple[Failure, ...]
    gates: tuple[GateResult, ...]
    started: str
    wall_s: float
    command: tuple[str, ...] = ()
    git: Mapping[str, Any] | None = None
    own_notes: tuple[Note, ...] = ()
    outputs: tuple[str, ...] = ()
    saved: str | None = None

    def __getitem__(self, name: str) -> "Evaluation | Benchmark":
        found = self.evals.get(name) or self.benches.get(name)
        if found is None:
            raise KeyError(f"{name!r}; the runs are {', '.join([*self.evals, *self.benches])}")
        return found

    @property
    def config(self) -> str:
        """The config's name."""
        return str(self.record["name"])

    @property
    def written(self) -> tuple[str, ...]:
        """All files that it is written to."""
        return (*self.outputs, *((self.saved,) if self.saved else ()))

    @property
    def times(self) -> Mapping[str, float]:
        """How long each run took, where it gave a result."""
        runs: dict[str, Any] = {**self.evals, **self.benches}
        return {name: result.wall_s for name, result in runs.items()}

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What the numbers depend on, by name."""
        return facts_of(self.to_dict())

    @property
    def notes(self) -> tuple[Note, ...]:
        """Those of all runs, each with the name of its run."""
        runs: dict[str, Any] = {**self.evals, **self.benches}
        of_runs = [
            note._replace(message=f"{name}: {note.message}")
            for name, result in runs.items()
            for note in result.notes
        ]
        return (*self.own_notes, *of_runs)

    @property
    def exit_code(self) -> int:
        """The contract's: the first of 5, 3, 4, 1, 6 and 0 that applies."""
        found = [failure.error.exit_code for failure in self.failures]
        found += [exit_code(self.gates), *(bench.exit_code for bench in self.benches.values())]
        return first_code(found)

    @property
    def status(self) -> str:
        """One word for the exit code."""
        return str(ending(self.exit_code)["status"])

    def to_dict(self) -> dict[str, Any]:
        """The document `losscli/run/1`; a run that failed has its error in its place."""
        evals: dict[str, Any] = {name: result.to_dict() for name, result in self.evals.items()}
        benches: dict[str, Any] = {name: result.to_dict() for name, result in self.benches.items()}
        for failure in self.failures:
            kind = benches if failure.run in self.record["benches"] else evals
            kind[failure.run] = failure.error.to_dict()
        return {
            "schema": "losscli/run/1",
            "config": dict(self.record),
            "evals": evals,
            "benches": benches,
            "gates": [gate.to_dict() for gate in self.gates],
            "notes": [note.to_dict() for note in self.own_notes],
            "started": self.started,
            "timing": {"wall_s": self.wall_s},
            "command": list(self.command),
            "git": None if self.git is None else dict(self.git),
            "environment": environment(),
            **ending(self.exit_code),
        }

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a loss, a group and loss, or a row of a benchmark, for tables."""
        return list(_records(self.to_dict()))


@dataclass(frozen=True, slots=True)
class SavedSuite(Document):
    """A run of a config that was read back; `saved` is the file."""

    page: ClassVar[str] = "run"

    document: Mapping[str, Any]
    saved: str
    written: tuple[str, ...] = ()

    @property
    def config(self) -> str:
        """The config's name."""
        return str(self.document["config"]["name"])

    @property
    def evals(self) -> Mapping[str, Any]:
        """None: what was read back is no result to count."""
        return {}

    @property
    def benches(self) -> Mapping[str, Any]:
        """None, for the same reason."""
        return {}

    @property
    def times(self) -> Mapping[str, float]:
        """How long each run took, where it gave a result."""
        parts = {**self.document["evals"], **self.document["benches"]}
        found = {name: (part.get("timing") or {}).get("wall_s") for name, part in parts.items()}
        return {name: float(wall_s) for name, wall_s in found.items() if wall_s is not None}

    @property
    def wall_s(self) -> float:
        """How long all of it took."""
        return float((self.document.get("timing") or {}).get("wall_s") or 0.0)

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What the numbers depend on, by name."""
        return facts_of(self.document)

    @property
    def gates(self) -> tuple[GateResult, ...]:
        """As they were judged."""
        return tuple(map(read_gate, self.document["gates"]))

    @property
    def notes(self) -> tuple[Note, ...]:
        """Those that it was saved with."""
        return tuple(Note(n["code"], n["message"]) for n in self.document["notes"])

    @property
    def exit_code(self) -> int:
        """0: it is shown, whatever it says."""
        return 0

    def to_dict(self) -> dict[str, Any]:
        """The document."""
        return dict(self.document)

    def to_records(self) -> list[dict[str, Any]]:
        """Those that the run had."""
        return list(_records(self.document))


def _records(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The flat records of all runs that gave a result, each with the name of its run."""
    for name, part in document["evals"].items():
        for loss in part.get("losses", ()):
            yield {"run": name, **flat_loss(loss)}
        for group in part.get("groups", ()):
            for loss in group["losses"]:
                yield keyed(group["by"], {"run": name, **flat_loss(loss)})
    for name, part in document["benches"].items():
        for row in part.get("rows", ()):
            yield {"run": name, **flat_row(row)}


def facts_of(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The config, the commit and the digests of the data that a run's document holds."""
    config, git = document["config"], document.get("git") or {}
    found = [("config", config.get("path")), ("config.digest", config.get("digest"))]
    if git.get("commit"):
        changed = " with changes" if git.get("dirty") else ""
        found.append(("git.commit", f"{git['commit']}{changed}"))
    for name, part in document["evals"].items():
        inputs = part.get("inputs") or ()
        found += [(f"{name}.{given['role']}", given.get("digest")) for given in inputs]
    return [(name, str(value)) for name, value in found if value]
