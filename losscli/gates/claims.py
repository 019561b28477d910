"""Claims about a model, and the gates on them, which the verdict of a comparison decides."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from losscli.results.gate import GateLevel, groups_text


class Claim(NamedTuple):
    """A claim about a model: the verdicts that prove it, those that refute it.

    tests: the tests of a comparison that can decide it.
    """

    proved_by: tuple[str, ...]
    refuted_by: tuple[str, ...]
    tests: tuple[str, ...]


CLAIMS: Mapping[str, Claim] = {
    "better": Claim(
        ("better",), ("worse", "equivalent"), ("superior", "noninferior", "equivalent")
    ),
    "equivalent": Claim(("equivalent",), ("worse", "better"), ("equivalent",)),
    "not worse": Claim(
        ("not worse", "equivalent", "better"), ("worse",), ("noninferior", "equivalent")
    ),
}


class VerdictGate(NamedTuple):
    """A gate on the verdict of a comparison of models: one that satisfies a claim of CLAIMS.

    groups: as of `Gate`, with the keys `model` and `baseline`.
    """

    label: str
    claim: str
    level: GateLevel = "fail"
    groups: tuple[tuple[str, str | None], ...] = ()
    run: str | None = None
    stat: str = "verdict"

    @property
    def selector(self) -> str:
        """The left side of the gate, normalised."""
        return f"{self.label}{groups_text(self.groups)}"

    @property
    def expr(self) -> str:
        """The gate, normalised; `parse_any` reads it back."""
        return f"{self.selector} is {self.claim}"

    def matches(self, by: Mapping[str, object]) -> bool:
        """True if a pair with these keys and values is selected."""
        return selects(self.groups, by)


def selects(groups: Sequence[tuple[str, str | None]], by: Mapping[str, object]) -> bool:
    """True if keys and values have every key of a selector, with its value; None is any value."""
    return all(key in by and value in (None, str(by[key])) for key, value in groups)
