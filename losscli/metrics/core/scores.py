"""The domain of scores that rank rows: labels in their place are an error."""

from typing import Any

from losscli.losses.core.domain import Finding, Interval, Numbers


class BinaryScores(Numbers):
    """Finite scores, of which some are other numbers than 0 and 1."""

    def marked(self, xp: Any, x: Any, spacing: float) -> dict[str, Any]:  # noqa: ARG002
        """Scores other than 0 and 1; labels 0, and labels 1."""
        return {"scores": (x != 0) & (x != 1), "0": x == 0, "1": x == 1}

    def finding(self, marks: frozenset[str]) -> Finding | None:
        """An error where all are 0 or 1 and both are there: decisions rank nothing."""
        if marks != {"0", "1"}:
            return None
        return Finding("predictions are all 0 or 1: labels, and scores are needed", hint=self.hint)


BINARY_SCORE = BinaryScores(
    "scores",
    "give the scores before the decision; for labels: -m balanced_accuracy, -m f1",
    Interval(ends="()"),
)
