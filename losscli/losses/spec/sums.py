"""A weighted sum of losses, which is itself a loss."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from losscli.backends.backend import Array, Namespace
from losscli.errors import UsageError
from losscli.losses.core.conventions import Convention
from losscli.losses.core.domain import Domain
from losscli.losses.core.intersection import Part, together
from losscli.losses.core.loss import Loss
from losscli.losses.core.params import Param

_SHARED = "ignore_index"  # one label for all parts


class WeightedTerm(NamedTuple):
    """A term of a sum: a weight, and a loss with all its parameters, in a convention."""

    weight: float
    loss: Loss
    params: Mapping[str, Any]
    convention: Convention | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Sum(Loss):
    """A weighted sum of losses of the same rows, each with its own parameters.

    The names of parameters begin with that of their loss, such as `smooth_l1.beta`, or
    `smooth_l1_2.beta` for the second part of the same name.
    """

    parts: tuple[WeightedTerm, ...] = ()
    prefixes: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str, parts: Sequence[WeightedTerm]) -> "Sum":
        """The sum of these parts.

        Raises UsageError if no rows are valid for all of them.
        """
        losses = [part.loss for part in parts]
        targeted = {loss.rows_of.targeted: loss for loss in losses}
        if len(targeted) > 1:
            raise UsageError(
                f"{name} adds {targeted[True].name}, which takes targets, to "
                f"{targeted[False].name}, which takes none"
            )
        ignored = {part.params[_SHARED] for part in parts if _SHARED in part.params}
        if len(ignored) > 1:
            raise _unlike(name)
        prefixes = _prefixes(losses)
        whole = all(loss.elementwise for loss in losses)
        rows = losses[0] if whole else next(loss for loss in losses if not loss.elementwise)
        params = {
            f"{'' if param.name == _SHARED else prefix}{param.name}": (param, part.params)
            for part, prefix in zip(parts, prefixes, strict=True)
            for param in part.loss.params
        }
        domains = _domains(parts)
        found = cls(
            name=name,
            family="sum",
            formula=name,
            latex=name,
            source="",
            values=lambda xp, p, t, **kw: found.weighted_sum(xp, "values", p, t, kw),
            derivative=lambda xp, p, t, **kw: found.weighted_sum(xp, "derivative", p, t, kw),
            reference=lambda mp, p, t, **kw: found.truth(mp, p, t, kw),
            pred=domains[0],
            target=domains[1],
            use="",
            avoid="",
            flops=sum(loss.flops + 2 for loss in losses),
            rows_of=rows.rows_of,
            params=tuple(
                param._replace(name=name, default=values[param.name])
                for name, (param, values) in params.items()
            ),
            denominator=next((loss.denominator for loss in losses if loss.denominator), None),
            parts=tuple(parts),
            prefixes=prefixes,
        )
        return found

    def may_saturate(self, params: Mapping[str, Any], target: Sequence[int] | None) -> bool:
        """True if any part saturates."""
        return any(part.loss.may_saturate(own, target) for part, own in self._each(params))

    @property
    def differentiable(self) -> bool:
        """True if all parts have a gradient."""
        return all(part.loss.differentiable for part in self.parts)

    def weighted_sum(
        self, xp: Namespace, what: str, pred: Array, target: Array, params: Mapping[str, Any]
    ) -> Array:
        """The sum of values or derivatives: per element if all parts have these, else per row."""
        total: Any = None
        for part, own in self._each(params):
            if what == "derivative":
                found = part.loss.derivative(xp, pred, target, **own)
                if part.loss.elementwise and not self.elementwise:
                    found = found / math.prod(pred.shape[1:])
            elif self.elementwise:
                found = part.loss.values(xp, pred, target, **own)
            else:
                found = part.loss.rows(xp, pred, target, own)
            found = found if part.weight == 1.0 else part.weight * found
            total = found if total is None else total + found
        return total

    def convention(self) -> Convention | None:
        """The convention that all parts follow; None without one.

        Raises UsageError if their reductions differ.
        """
        each = [part.convention for part in self.parts if part.convention is not None]
        if not each:
            return None
        if len({(one.by_rows, one.by_elements) for one in each}) > 1:
            raise UsageError(
                f"that library reduces the parts of {self.name!r} in different ways",
                hint="omit --like, or evaluate them one by one",
            )
        words = dict.fromkeys(one.alone for one in each if one.alone)
        notes = dict.fromkeys(one.note for one in each if one.note)
        return Convention(values=self._as_read, by_type=True, by_rows=each[0].by_rows,
                          by_elements=each[0].by_elements, alone="; ".join(words),
                          fewest=max(one.fewest for one in each),
                          note="; ".join(notes))  # fmt: skip

    def _as_read(
        self, xp: Namespace, pred: Array, target: Array, *, spacing: float, **params: Any
    ) -> Array:
        """The values in the conventions of the parts."""
        parts = []
        for part in self.parts:
            values = None if part.convention is None else part.convention.values_of(spacing)
            loss = part.loss if values is None else replace(part.loss, values=values)
            parts.append(part._replace(loss=loss))
        return replace(self, parts=tuple(parts)).weighted_sum(xp, "values", pred, target, params)

    def truth(self, mp: Any, pred: Any, target: Any, params: Mapping[str, Any]) -> Any:
        """The true value from the references of the parts, of a row or an element."""
        return mp.fsum(
            mp.mpf(part.weight) * self._reference(mp, part.loss, pred, target, own)
            for part, own in self._each(params)
        )

    def _reference(
        self, mp: Any, loss: Loss, pred: Any, target: Any, own: Mapping[str, Any]
    ) -> Any:
        if not loss.elementwise or not isinstance(pred, list):
            return loss.reference(mp, pred, target, **own)
        each = [self._reference(mp, loss, p, t, own) for p, t in zip(pred, target, strict=True)]
        return mp.fsum(each) / len(each)

    def denominators(self, xp: Namespace, target: Array, params: Mapping[str, Any]) -> Array | None:
        """The weight of each row in the mean; raises UsageError if the parts differ."""
        found = [part.loss.denominators(xp, target, own) for part, own in self._each(params)]
        given = [share for share in found if share is not None]
        if not given:
            return None
        for share in found:
            if not bool(xp.all(given[0] == (1.0 if share is None else share))):
                raise _unlike(self.name)
        return given[0]

    def check_shapes(
        self, pred: Sequence[int], target: Sequence[int] | None, params: Mapping[str, Any]
    ) -> None:
        """Check the shapes for every part."""
        for part, own in self._each(params):
            part.loss.check_shapes(pred, target, own)
        indexed = {part.loss.indexed(target): part.loss for part in self.parts}
        if len(indexed) > 1:
            raise UsageError(
                f"{indexed[True].name} takes targets as class indices and "
                f"{indexed[False].name} as numbers: they cannot be added"
            )

    def domains_of(self, params: Mapping[str, Any]) -> tuple[Domain, Domain | None]:
        """The domains that all parts share."""
        return _domains([part._replace(params=own) for part, own in self._each(params)])

    def takes_logits(self, params: Mapping[str, Any]) -> bool:
        """True if any part takes logits."""
        return any(part.loss.takes_logits(own) for part, own in self._each(params))

    def logit_scale(self, params: Mapping[str, Any]) -> float:
        """The largest of all parts."""
        return max(part.loss.logit_scale(own) for part, own in self._each(params))

    def indexed(self, target: Sequence[int] | None) -> bool:
        """True if rows of targets of this shape are class indices."""
        return any(part.loss.indexed(target) for part in self.parts)

    def classes(self, pred: Sequence[int]) -> int | None:
        """The smallest number of classes of the parts; None without classes."""
        found = [part.loss.classes(pred) for part in self.parts]
        return min((count for count in found if count is not None), default=None)

    def _each(self, params: Mapping[str, Any]) -> list[tuple[WeightedTerm, dict[str, Any]]]:
        return [
            (part, {param.name: params[self._called(prefix, param)] for param in part.loss.params})
            for part, prefix in zip(self.parts, self.prefixes, strict=True)
        ]

    @staticmethod
    def _called(prefix: str, param: Param) -> str:
        return param.name if param.name == _SHARED else f"{prefix}{param.name}"


def _prefixes(losses: Sequence[Loss]) -> tuple[str, ...]:
    seen: dict[str, int] = {}
    found = []
    for loss in losses:
        seen[loss.name] = seen.get(loss.name, 0) + 1
        found.append(loss.name + (f"_{seen[loss.name]}." if seen[loss.name] > 1 else "."))
    return tuple(found)


def _domains(parts: Sequence[WeightedTerm]) -> tuple[Domain, Domain | None]:
    pairs = [_domains_of(part) for part in parts]
    allowing = [_SHARED in part.params for part in parts]
    allowing = allowing if any(allowing) else [True] * len(parts)  # then no label is ignored
    preds = together([Part(pred) for pred, _ in pairs])
    targets = [
        Part(target, allows_ignored=allows)
        for (_, target), allows in zip(pairs, allowing, strict=True)
        if target is not None
    ]
    return preds, together(targets) if targets else None


def _domains_of(part: WeightedTerm) -> tuple[Domain, Domain | None]:
    found = part.loss.domains_of(part.params)
    return found if part.convention is None else part.convention.domains(*found)


def _unlike(name: str) -> UsageError:
    return UsageError(
        f"the parts of {name!r} weight rows differently, so their sum has no mean",
        hint="give all parts the same class weights and ignore_index",
    )
