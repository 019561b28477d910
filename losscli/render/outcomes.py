"""What became of each thing that a result stands for, as reports of CI count it."""

from collections.abc import Mapping

from losscli.gates import Status
from losscli.render import Result, module_of
from losscli.render.gates import words_of
from losscli.render.page import Outcome


def outcomes_of(result: Result) -> list[Outcome]:
    """One outcome or more, in the order of the result.

    Steps that failed and gates come first. What the kind of result counts by itself (its module's
    `outcomes`, or else its exit code) is all there is without them; beside them, only what does
    not pass.
    """
    found = [
        Outcome("carried out", "error", "; ".join(each.error.lines()), each.run)
        for each in getattr(result, "failures", ())
    ]
    for gate in getattr(result, "gates", ()):
        words = words_of(gate)
        found.append(Outcome(gate.gate.expr, gate.status, words, gate.run, gate.counts))
    own = getattr(module_of(result), "outcomes", None)
    rows = own(result) if own else [_whole(result)] if not found else []
    kept = [*found, *(row for row in rows if row.status != "pass" or not found)]
    return [each._replace(wall_s=_took(result, each.run)) for each in kept]


def _took(result: Result, run: str | None) -> float | None:
    """How long a run of a result took, or all of it where it is but one."""
    times: Mapping[str, float] | None = getattr(result, "times", None)
    if times is not None:
        return times.get(run or "")
    return getattr(result, "wall_s", None)


def _whole(result: Result) -> Outcome:
    code = result.exit_code
    status: Status = "pass" if code == 0 else "undecided" if code == 6 else "fail"
    return Outcome("carried out", status, f"exit code {code}")
