"""`compare_runs`: two saved runs of a config, evaluation by evaluation, benchmark by benchmark."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar

from losscli.differences.benchmarks import compare_benchmarks
from losscli.differences.changes import Changes
from losscli.differences.evaluations import compare_evaluations
from losscli.errors import DataError, Failure, LossCliError, first_code
from losscli.results.difference import Differences, Saved, Terms
from losscli.results.document import Document, Note, ending

if TYPE_CHECKING:
    import pandas as pd

Part: TypeAlias = Changes | Differences
_Words = TypeVar("_Words")
_KINDS: dict[str, tuple[str, Callable[[Saved, Saved, Terms], Part]]] = {
    "evals": ("losscli/eval/1", compare_evaluations),
    "benches": ("losscli/bench/1", compare_benchmarks),
}


@dataclass(frozen=True, slots=True)
class RunDifferences(Document):
    """What changed in each run of a config.

    evals, benches: by the names of the runs. failures: runs that both have and that could not be
    compared. only_old, only_new: runs that gave a result on one side only.
    """

    page: ClassVar[str] = "diff_run"

    evals: Mapping[str, Changes]
    benches: Mapping[str, Differences]
    failures: tuple[Failure, ...]
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]
    old: Saved
    new: Saved
    fail_on: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Part:
        found = self.parts.get(name)
        if found is None:
            raise KeyError(f"{name!r}; the runs are {', '.join(self.parts)}")
        return found

    @property
    def parts(self) -> dict[str, Part]:
        """Those that were compared, evaluations first."""
        return {**self.evals, **self.benches}

    @property
    def notes(self) -> tuple[Note, ...]:
        """Those of all runs, each once, with the names of the runs that it is of."""
        said = {name: part.notes for name, part in self.parts.items()}
        return tuple(
            note._replace(message=f"{', '.join(names)}: {note.message}")
            for note, names in together(said)
        )

    @property
    def counts(self) -> dict[str, int]:
        """How many rows there are of each verdict, in all runs."""
        found: dict[str, int] = {}
        for part in self.parts.values():
            for verdict, count in part.counts.items():
                found[verdict] = found.get(verdict, 0) + count
        return found

    @property
    def exit_code(self) -> int:
        """The contract's first of those of the runs; a run that is gone cannot be decided."""
        codes = {part.exit_code for part in self.parts.values()}
        codes |= {failure.error.exit_code for failure in self.failures}
        if self.only_old and "undecided" in self.fail_on:
            codes.add(6)
        return first_code(codes)

    def to_dict(self) -> dict[str, Any]:
        """The document `losscli/diff/1`; a run that was refused has its error in its place."""

        def side(saved: Saved) -> dict[str, Any]:
            kept = ("schema", "losscli", "environment", "config", "started", "git")
            return {"path": saved.name, **{key: saved.document.get(key) for key in kept}}

        parts: dict[str, dict[str, Any]] = {
            "evals": {name: part.to_dict() for name, part in self.evals.items()},
            "benches": {name: part.to_dict() for name, part in self.benches.items()},
        }
        for failure in self.failures:
            kind = "benches" if failure.run in (self.new.document.get("benches") or {}) else "evals"
            parts[kind][failure.run] = failure.error.to_dict()
        return {
            "schema": "losscli/diff/1",
            "kind": "run",
            "old": side(self.old),
            "new": side(self.new),
            "fail_on": list(self.fail_on),
            **parts,
            "only_old": list(self.only_old),
            "only_new": list(self.only_new),
            "counts": {name.replace(" ", "_"): n for name, n in self.counts.items()},
            "notes": [note.to_dict() for note in self.notes],
            **ending(self.exit_code),
        }

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a row of a run, runs without rows last; the same keys in each."""
        records: list[dict[str, Any]] = [
            {"run": name, **record}
            for name, part in self.parts.items()
            for record in part.to_records()
        ]
        records += [
            {"run": failure.run, "verdict": "refused", "reason": failure.error.message}
            for failure in self.failures
        ]
        for verdict, names in (("only old", self.only_old), ("only new", self.only_new)):
            records += [{"run": name, "verdict": verdict} for name in names]
        blank = dict.fromkeys(key for record in records for key in record)
        return [blank | record for record in records]

    def to_frame(self) -> "pd.DataFrame":
        """One row a row of a run."""
        import pandas as pd

        return pd.DataFrame(self.to_records())


def together(said: Mapping[str, Sequence[_Words]]) -> list[tuple[_Words, list[str]]]:
    """What runs say, each once in its first place, with the names of those that say it."""
    found: dict[_Words, list[str]] = {}
    for name, words in said.items():
        for each in words:
            found.setdefault(each, []).append(name)
    return list(found.items())


def compare_runs(old: Saved, new: Saved, terms: Mapping[str, Terms]) -> RunDifferences:
    """What changed from `old` to `new`, documents of the schema losscli/run/1.

    terms: of "evals" and of "benches".

    Raises DataError where no run gave a result in both.
    """
    found: dict[str, dict[str, Any]] = {kind: {} for kind in _KINDS}
    refused: list[Failure] = []
    gone: dict[str, list[str]] = {"old": [], "new": []}
    for kind, (schema, compared) in _KINDS.items():
        before, after = (_parts(saved, kind, schema) for saved in (old, new))
        gone["old"] += [name for name in before if name not in after]
        gone["new"] += [name for name in after if name not in before]
        for name in after:
            if name in before:
                try:
                    found[kind][name] = compared(before[name], after[name], terms[kind])
                except LossCliError as error:
                    refused.append(Failure(name, error))
    if not refused and not any(found.values()):
        raise DataError(
            f"no run of {new.name} gave a result in {old.name} too",
            place=f"OLD has {', '.join(gone['old']) or 'none'}; "
            f"NEW has {', '.join(gone['new']) or 'none'}",
            hint="runs match by their names in the config",
        )
    return RunDifferences(
        evals=found["evals"],
        benches=found["benches"],
        failures=tuple(refused),
        only_old=tuple(gone["old"]),
        only_new=tuple(gone["new"]),
        old=old,
        new=new,
        fail_on=tuple(terms["evals"].fail_on),
    )


def _parts(saved: Saved, kind: str, schema: str) -> dict[str, Saved]:
    """The runs of a kind that gave a result."""
    return {
        name: Saved(f"{name} of {saved.name}", part, saved.folder)
        for name, part in (saved.document.get(kind) or {}).items()
        if part.get("schema") == schema
    }
