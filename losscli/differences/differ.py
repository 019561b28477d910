"""`differ`: two results of a kind, read, held against what is asked of them, and compared."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from losscli.errors import DataError, UsageError
from losscli.plans.diff import MARGINS, DiffPlan
from losscli.results.difference import Differences, Saved, Terms
from losscli.results.reader import read
from losscli.results.validation import check

if TYPE_CHECKING:
    from losscli.differences.changes import Changes
    from losscli.differences.runs import RunDifferences

Difference: TypeAlias = "Changes | Differences | RunDifferences"

_KINDS = {"losscli/eval/1": "eval", "losscli/bench/1": "bench", "losscli/run/1": "run"}
# The flags that mean something of one kind only, and of which.
_OWN = {"per_sample": "evals", "allow_different_data": "evals", "across": "benches"}
_WORDS = {"evals": ("worse", "losses"), "benches": ("slower", "benchmarks")}


def differ(plan: DiffPlan) -> Difference:
    """What changed, as planned.

    Raises DataError for what is no result, of two kinds, of other data, or has nothing in common,
    UsageError for flags of another kind of result.
    """
    old, new = _saved(plan.old, "OLD"), _saved(plan.new, "NEW")
    kinds = [_KINDS[saved.document["schema"]] for saved in (old, new)]
    if kinds[0] != kinds[1]:
        raise DataError(
            f"{old.name} is a result of {kinds[0]}, {new.name} of {kinds[1]}",
            hint="compare two of a kind",
        )
    _check_flags(plan, new.document)
    if plan.per_sample:
        _keep_apart(plan, (old, new))
    terms = {kind: _terms(plan, kind) for kind in MARGINS}
    if kinds[0] == "bench":
        from losscli.differences.benchmarks import compare_benchmarks

        return compare_benchmarks(old, new, terms["benches"])
    if kinds[0] == "eval":
        from losscli.differences.evaluations import compare_evaluations

        return compare_evaluations(old, new, terms["evals"])
    from losscli.differences.runs import compare_runs

    return compare_runs(old, new, terms)


def _saved(source: Any, name: str) -> Saved:
    """The document of a path, of a result, or itself."""
    if isinstance(source, str | os.PathLike):
        path = os.fspath(source)
        saved = Saved(path, read(path), os.path.dirname(path))  # noqa: PTH120
    elif hasattr(source, "to_dict") or isinstance(source, Mapping):
        saved = Saved(name, source.to_dict() if hasattr(source, "to_dict") else source)
        check(saved.document, name)
    else:
        raise UsageError(f"{name} is a path, a document or a result; {type(source)} is none")
    schema = str(saved.document.get("schema"))
    if schema == "losscli/error/1":
        reason = str(saved.document.get("message"))[:200]
        raise DataError(f"{saved.name} holds no result but an error", place=reason)
    if schema not in _KINDS:
        raise DataError(
            f"{saved.name} is no result of eval, bench or run but {schema}",
            hint="losscli eval PREDS TARGETS -o FILE.json, or losscli bench -o FILE.json",
        )
    return saved


def _keep_apart(plan: DiffPlan, sides: tuple[Saved, Saved]) -> None:
    """Raise UsageError where an output would replace kept losses, which are read."""
    from losscli.differences.samples import place_of

    written = {os.path.realpath(path): path for path in plan.output}
    for saved in sides:
        for part in (saved.document, *(saved.document.get("evals") or {}).values()):
            if isinstance(part.get("per_sample"), Mapping):
                place = os.path.realpath(place_of(saved._replace(document=part)).replace("\0", ""))
                if place in written:
                    path = os.fspath(written[place])
                    raise UsageError(f"{path} is an input: it cannot be an output too")


def _terms(plan: DiffPlan, kind: str) -> Terms:
    return Terms(
        margin=MARGINS[kind] if plan.margin is None else float(plan.margin),
        between_runs=float(plan.between_runs),
        across=plan.across,
        fail_on=plan.fail_on,
        per_sample=plan.per_sample,
        different_data=plan.allow_different_data,
    )


def _check_flags(plan: DiffPlan, document: Mapping[str, Any]) -> None:
    """Raise UsageError for flags that mean nothing of these results."""
    kind = _KINDS[document["schema"]]
    there = {"eval": {"evals"}, "bench": {"benches"}}.get(kind)
    if there is None:
        there = {kind for kind in _WORDS if document.get(kind)} or set(_WORDS)
    for of, (word, things) in _WORDS.items():
        if of in there:
            continue
        if word in plan.fail_on:
            (other, _), *_ = (words for name, words in _WORDS.items() if name in there)
            raise UsageError(
                f"--fail-on {word} is of {things}, and these results have none",
                hint=f"--fail-on {other}",
            )
        for name in (name for name, kind in _OWN.items() if kind == of and getattr(plan, name)):
            flag = f"--{name.replace('_', '-')}"
            raise UsageError(f"{flag} is of {things}, and these results have none")
