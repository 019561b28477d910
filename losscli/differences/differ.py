"""`differ`: read two results of a kind, check the flags against them, and compare them."""

import os
from collections.abc import Mapping
from typing import Any

from losscli.differences.saved import Saved, Terms
from losscli.errors import DataError, UsageError
from losscli.plans.diff import MARGINS, DiffPlan
from losscli.results.document import Document
from losscli.results.documents.bench import Benchmark
from losscli.results.documents.diff import Diff
from losscli.results.documents.error import ErrorReport
from losscli.results.documents.eval import Evaluation
from losscli.results.documents.run import Run
from losscli.results.reader import load, load_document

# The flags that apply to one kind of result only, by that kind.
_OWN = {"per_sample": "evals", "allow_different_data": "evals", "across": "benches"}
_WORDS = {"evals": ("worse", "losses"), "benches": ("slower", "benchmarks")}


def differ(plan: DiffPlan) -> Diff:
    """Return the differences of two results.

    Raises DataError for a document that is not a result, for results of two kinds, of other data,
    or with nothing in common, and UsageError for flags of another kind of result.
    """
    old, new = _saved(plan.old, "OLD"), _saved(plan.new, "NEW")
    if type(old.result) is not type(new.result):
        kinds = [saved.result.document_kind() for saved in (old, new)]
        raise DataError(
            f"{old.name} is a result of {kinds[0]}, {new.name} of {kinds[1]}",
            hint="compare two of a kind",
        )
    _check_flags(plan, new.result)
    if plan.per_sample:
        _check_outputs(plan, (old, new))
    terms = {kind: _terms(plan, kind) for kind in MARGINS}
    if isinstance(new.result, Benchmark):
        from losscli.differences.benchmarks import compare_benchmarks

        return compare_benchmarks(old, new, terms["benches"])
    if isinstance(new.result, Evaluation):
        from losscli.differences.evaluations import compare_evaluations

        return compare_evaluations(old, new, terms["evals"])
    from losscli.differences.runs import compare_runs

    return compare_runs(old, new, terms)


def _saved(source: Any, name: str) -> Saved[Any]:
    """Return the result of a path or of a document, with its name."""
    if isinstance(source, str | os.PathLike):
        path = os.fspath(source)
        saved: Saved[Any] = Saved(path, load(path), os.path.dirname(path))  # noqa: PTH120
    elif isinstance(source, Mapping):
        saved = Saved(name, load_document(source, name))
    elif isinstance(source, Document):
        saved = Saved(name, source)
    else:
        raise UsageError(f"{name} must be a path, a document or a result, not {type(source)}")
    if isinstance(saved.result, ErrorReport):
        raise DataError(
            f"{saved.name} holds an error instead of a result", place=saved.result.message[:200]
        )
    if not isinstance(saved.result, Benchmark | Evaluation | Run):
        kind = saved.result.document_kind()
        raise DataError(
            f"{saved.name} is not a result of eval, bench or run but of {kind}",
            hint="losscli eval PREDS TARGETS -o FILE.json, or losscli bench -o FILE.json",
        )
    return saved


def _check_outputs(plan: DiffPlan, sides: tuple[Saved[Any], Saved[Any]]) -> None:
    """Raise UsageError if an output would replace saved per-sample losses, which are read."""
    from losscli.differences.samples import place_of

    written = {os.path.realpath(path): path for path in plan.output}
    for saved in sides:
        evals = saved.result.evals.values() if isinstance(saved.result, Run) else [saved.result]
        for part in evals:
            if isinstance(part, Evaluation) and part.per_sample is not None:
                place = os.path.realpath(place_of(saved._replace(result=part)).replace("\0", ""))
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


def _check_flags(plan: DiffPlan, result: Evaluation | Benchmark | Run) -> None:
    """Raise UsageError for flags that do not apply to these results."""
    if isinstance(result, Run):
        kinds = {kind for kind in _WORDS if getattr(result, kind)} or set(_WORDS)
    else:
        kinds = {"evals" if isinstance(result, Evaluation) else "benches"}
    for of, (word, things) in _WORDS.items():
        if of in kinds:
            continue
        if word in plan.fail_on:
            (other, _), *_ = (words for name, words in _WORDS.items() if name in kinds)
            raise UsageError(
                f"--fail-on {word} applies to {things}, and these results have none",
                hint=f"--fail-on {other}",
            )
        for name in (name for name, kind in _OWN.items() if kind == of and getattr(plan, name)):
            flag = f"--{name.replace('_', '-')}"
            raise UsageError(f"{flag} applies to {things}, and these results have none")
