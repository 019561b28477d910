"""The facts that losses and metrics declare alike: names, parameters, domains and shapes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from losscli.errors import DataError, UsageError
from losscli.losses.core.domain import LOGIT, Domain
from losscli.losses.core.labels import Labels
from losscli.losses.core.params import Param
from losscli.losses.core.shapes import NUMBERS, Rows, shape_words


@dataclass(frozen=True, eq=False, kw_only=True)
class Declaration:
    """A statistic of predictions and targets, found by its name.

    formula, latex: in plain text and in LaTeX. source: where they are published.
    rows_of: the shapes of a row of predictions and of a row of targets.
    pred, target: their domains; no target domain if it takes no targets. domains: a function of the
    parameters that gives both, if they depend on these.
    proportion: True if it is a share of rows, such as of errors; its interval is that of Wilson.
    use, avoid: when to use it, when not. equivalents: the same as code of other libraries, by their
    names.
    """

    name: str
    family: str
    formula: str
    latex: str
    source: str
    pred: Domain
    target: Domain | None
    use: str
    avoid: str
    rows_of: Rows = NUMBERS
    domains: Callable[..., tuple[Domain, Domain | None]] | None = None
    params: tuple[Param, ...] = ()
    aliases: tuple[str, ...] = ()
    equivalents: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    pitfalls: tuple[str, ...] = ()
    proportion: bool = False

    @property
    def elementwise(self) -> bool:
        """True if it maps element to element."""
        return self.rows_of.elementwise

    def accepts(self, pred: Sequence[int], target: Sequence[int] | None) -> bool:
        """True if it takes rows of these shapes."""
        return self.rows_of.matches(pred, target if self.rows_of.targeted else None)

    def resolve(
        self, given: Mapping[str, Any], defaults: Mapping[str, Any] = MappingProxyType({})
    ) -> dict[str, Any]:
        """All parameters, validated, with defaults for those not given.

        defaults: override the declared defaults.
        Raises UsageError for an unknown name, an invalid type or a value out of bounds.
        """
        known = {param.name: param for param in self.params}
        for name, value in given.items():
            if name not in known:
                near = self.specs_with(name, value)
                words = ", ".join(known) or "none"
                hint = f"did you mean {' or '.join(near)}? " if near else ""
                raise UsageError(
                    f"{self.name} has no parameter {name!r}", hint=f"{hint}parameters: {words}"
                )
        return {
            name: param.checked(given[name], self.name)
            if name in given
            else defaults.get(name, param.default)
            for name, param in known.items()
        }

    def specs_with(self, key: str, value: Any = "") -> list[str]:
        """The specs with each parameter that a key is likely to mean.

        value: as it is typed, several numbers with slashes between; an example where it is empty.
        """
        from difflib import get_close_matches

        several = isinstance(value, str) and "/" in value
        params = {p.name: p for p in self.params if (p.kind == "levels") == several or value == ""}
        near = [key] if key in params else [name for name in params if name.startswith(key)]
        near = near or get_close_matches(key, params, 1)
        values = [params[name].example if value == "" else value for name in near]
        return [f"{self.name}:{name}={each}" for name, each in zip(near, values, strict=True)]

    def domains_of(self, params: Mapping[str, Any]) -> tuple[Domain, Domain | None]:
        """The domains of predictions and targets under these parameters."""
        return (self.pred, self.target) if self.domains is None else self.domains(**params)

    def takes_logits(self, params: Mapping[str, Any]) -> bool:
        """True if predictions are logits: probabilities instead would give a plausible number."""
        return self.domains_of(params)[0] is LOGIT

    def indexed(self, target: Sequence[int] | None) -> bool:
        """True if rows of targets of this shape are class indices."""
        return isinstance(self.target, Labels) and target is not None and not len(target)

    def classes(self, pred: Sequence[int]) -> int | None:
        """The number of classes for rows of predictions of this shape; None without classes."""
        if not isinstance(self.target, Labels) or not len(pred):
            return None
        return pred[-1] + self.rows_of.extra_classes

    def check_shapes(
        self, pred: Sequence[int], target: Sequence[int] | None, params: Mapping[str, Any]
    ) -> None:
        """Check the shapes of a row of pred and of target, without N, and of the parameters.

        Raises DataError for shapes that do not match, UsageError for a parameter that does not.
        """
        if not self.rows_of.matches(pred, target):
            found = shape_words(pred)
            found += "" if target is None else f" and {shape_words(target)}"
            raise DataError(
                f"{self.name} takes {self.rows_of.describe()}; they are {found}",
                hint=self.shape_hint(pred, target, params),
            )
        width = pred[-1] if pred else 1
        for param in self.params:
            value: Any = params.get(param.name)
            if param.kind == "levels" and value is None and not self.rows_of.elementwise:
                raise UsageError(
                    f"{self.name} of rows of {width} predictions needs their {param.name}",
                    hint=f"-l {self.name}:{param.name}=0.1/0.5/0.9",
                )
            sized = param.kind in ("columns", "levels") and np.ndim(value) == 1
            if sized and len(value) != width:
                raise UsageError(
                    f"{param.name} of {self.name} has {len(value)} numbers for {width} columns"
                )

    def shape_hint(
        self,
        pred: Sequence[int],
        target: Sequence[int] | None,
        params: Mapping[str, Any],
    ) -> str:
        """The hint of the error for shapes that do not match."""
        if tuple(pred) == (2,) and target == ():
            return "of two classes it takes the column of class 1: numpy.load(PREDS)[:, 1]"
        return "losscli does not broadcast: reshape one of them"
