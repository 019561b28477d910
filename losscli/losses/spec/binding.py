"""Specs bound to losses; `grammar` has the form of the texts."""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray

from losscli.backends.backend import Array, Backend
from losscli.errors import UsageError
from losscli.losses.core.conventions import Convention
from losscli.losses.core.domain import Domain
from losscli.losses.core.loss import Loss
from losscli.losses.registry import find, find_like, is_known, not_in_library, penalties
from losscli.losses.spec import user_code as references
from losscli.losses.spec.grammar import Spec, Term, parse

if TYPE_CHECKING:
    from losscli.losses.spec.user_code import Origin

Reader: TypeAlias = Callable[[str], NDArray[Any]]


@dataclass(frozen=True, eq=False)
class BoundLoss:
    """A loss with its parameters and its label.

    statistic: the derived statistic that is its value; None for the mean. penalty: a number that is
    added once to the value, whatever the rows are. code: the files of a user's code that it runs.
    files: all files that it was read from, code and arrays. words: the spec without its label, with
    files relative to the current folder. dtype: the type of its arithmetic.
    """

    loss: Loss
    params: Mapping[str, Any]
    label: str
    statistic: str | None = None
    convention: Convention | None = None
    penalty: float | None = None
    code: "tuple[Origin, ...]" = ()
    files: tuple[str, ...] = ()
    words: str = ""
    dtype: str = "float64"

    @property
    def declared(self) -> Loss:
        """The declaration, as metrics have one."""
        return self.loss

    def on(self, backend: Backend, spacing: float = 2.0**-52) -> "BoundLoss":
        """The same with array parameters on a backend, and the values of its convention.

        spacing: the distance of 1 from the next number in the type of the predictions.
        """
        arrays = {k: v for k, v in self.params.items() if isinstance(v, np.ndarray)}
        if not arrays and self.convention is None and self.dtype == backend.dtype:
            return self
        moved = {name: backend.widen(array) for name, array in arrays.items()}
        values = None if self.convention is None else self.convention.values_of(spacing)
        loss = self.loss if values is None else replace(self.loss, values=values)
        return replace(self, loss=loss, params={**self.params, **moved}, dtype=backend.dtype)

    def variant_for(self, pred: Sequence[int], target: Sequence[int] | None) -> "BoundLoss":
        """The loss that the name means for rows of these shapes, under the same label.

        Raises UsageError where it lacks a parameter that was given, or the convention's library.
        """
        loss = self.loss.variant_for(pred, target if self.loss.rows_of.targeted else None)
        return self if loss is self.loss else _variant(self, loss)

    @property
    def pred(self) -> Domain:
        """The domain of predictions under these parameters."""
        return self._domains[0]

    @property
    def target(self) -> Domain | None:
        """The domain of targets under these parameters; None for a loss without targets."""
        return self._domains[1]

    @cached_property
    def roles(self) -> tuple[tuple[str, Domain], ...]:
        """The domains of the roles that it takes, under these parameters."""
        known = (("preds", self.pred), ("targets", self.target))
        return tuple((role, domain) for role, domain in known if domain is not None)

    @cached_property
    def _domains(self) -> tuple[Domain, Domain | None]:
        pred, target = self.loss.domains_of(self.params)
        if self.convention is not None:
            pred, target = self.convention.domains(pred, target)
        if target is not None:
            target = target.computed_in(self.dtype)
        return pred.computed_in(self.dtype), target

    @cached_property
    def takes_logits(self) -> bool:
        """True if predictions are logits: probabilities instead would give a plausible number."""
        return self.loss.takes_logits(self.params)

    def may_saturate(self, target: Sequence[int] | None) -> bool:
        """True if a missing value may give a finite loss, for rows of targets of this shape.

        Assumed of a library's own formula.
        """
        if self.convention is not None and self.convention.values is not None:
            return True
        return self.loss.may_saturate(self.params, target)

    def rows(self, backend: Backend, pred: Array, target: Array | None) -> Array:
        """One loss per row; its bits do not depend on the number of rows in the block.

        torch splits the sum of a single row between threads, but not those of two rows.
        """
        if backend.name == "torch" and len(pred) == 1:
            pred, target = (
                None if array is None else backend.xp.concat([array, array])
                for array in (pred, target)
            )
            return self.loss.rows(backend.xp, pred, target, self.params)[:1]
        return self.loss.rows(backend.xp, pred, target, self.params)

    def denominator(self, backend: Backend, target: Array | None) -> Array | None:
        """The weight of each row in the mean; None if all weights are 1."""
        return self.loss.denominators(backend.xp, target, self.params)

    def check_shapes(self, pred: Sequence[int], target: Sequence[int] | None) -> None:
        """Check the shapes of a row of pred and of target, without N.

        Raises DataError for shapes that do not match; UsageError for a parameter that does not, and
        for a shape for which the library has no such value.
        """
        self.loss.check_shapes(pred, target if self.loss.rows_of.targeted else None, self.params)
        refusal = "" if self.convention is None else self.convention.refusal(pred)
        if refusal:
            raise UsageError(
                f"that library has no {self.loss.name} of rows of {math.prod(pred)}: {refusal}",
                hint="omit --like",
            )
        if self.statistic and not self.derived(math.prod(pred)):
            raise UsageError(
                f"{self.statistic} is the mean of the roots of the columns in that library",
                hint="omit --like, or evaluate the columns one by one",
            )

    def derived(self, outputs: int) -> tuple[tuple[str, Callable[[float], float]], ...]:
        """The statistics derived from the mean that are valid for rows of so many numbers."""
        by_columns = self.convention is not None and self.convention.by_columns
        return () if by_columns and outputs != 1 else self.loss.derived

    @cached_property
    def transform(self) -> Callable[[float], float]:
        """The function of the mean that is the statistic; the identity without one."""
        return dict(self.loss.derived)[self.statistic] if self.statistic else float


@lru_cache(maxsize=256)  # one object, so that what is kept of it is found again
def _variant(bound: BoundLoss, loss: Loss) -> BoundLoss:
    """A bound loss as a variant of it, which has some of its parameters."""
    known = {param.name for param in loss.params}
    defaults = {param.name: param.default for param in bound.loss.params}
    if bound.convention is not None:
        defaults |= bound.convention.params
    given = {name: v for name, v in bound.params.items() if not _same(v, defaults.get(name))}
    convention = None
    if bound.convention is not None:
        library = next(name for name, one in bound.loss.like.items() if one is bound.convention)
        if library not in loss.like:
            raise not_in_library(library, loss)
        convention = loss.like[library]
    for name in given:
        if name not in known:
            raise UsageError(
                f"{bound.label} is {loss.name} of {loss.rows_of.describe()}, which has no "
                f"parameter {name!r}",
                hint=_parameters_hint(loss),
            )
    params = loss.resolve(given, convention.params if convention else {})
    return replace(bound, loss=loss, params=params, convention=convention)


def _parameters_hint(loss: Loss) -> str:
    levels = [f"-l {loss.name}:{p.name}=0.1/0.5/0.9" for p in loss.params if p.kind == "levels"]
    names = ", ".join(param.name for param in loss.params)
    return "".join(levels) or f"parameters: {names or 'none'}"


def _same(value: Any, default: Any) -> bool:
    return value is default or (np.ndim(value) == 0 and bool(value == default))


class BindContext(NamedTuple):
    """The files and conventions that specs refer to.

    read: gives the array of a file by its path. at: gives the path of a file by its name in a spec.
    like: the library whose conventions losses follow. more: losses beyond the catalogue by name,
    which cannot be terms of sums.
    """

    read: Reader
    at: Callable[[str], str] = str
    like: str | None = None
    more: Mapping[str, Loss] = MappingProxyType({})


def bind(
    spec: "str | Loss | BoundLoss | Callable[..., Any] | Sequence[Any]",
    context: "Reader | BindContext",
    like: str | None = None,
) -> list[BoundLoss]:
    """The losses of a spec, a loss, a function or a list of them, with unique labels.

    context: gives the array of a file, for parameters such as `weight=@w.npy`. like: the library
    whose conventions they follow.

    Raises UsageError for an invalid spec, an unknown loss or parameter, or a duplicate label.
    """
    if isinstance(spec, str) and (known := _catalogued(spec, like)):
        return list(known)
    if not isinstance(context, BindContext):
        context = BindContext(context)
    context = context._replace(like=like)
    items: Sequence[Any] = spec if _listed(spec) else [spec]
    return _distinct([loss for item in items for loss in _bind_item(item, context)])


def _distinct(bound: list[BoundLoss]) -> list[BoundLoss]:
    """The losses; raises UsageError for two of the same label."""
    seen: set[str] = set()
    for loss in bound:
        if loss.label in seen:
            raise UsageError(
                f"two losses have the label {loss.label!r}",
                hint=f"give one another label: -l other={loss.label}",
            )
        seen.add(loss.label)
    return bound


def files_of(spec: Any) -> list[str]:
    """The files that specs name, of arrays and of code; they need not exist.

    Raises UsageError for an invalid spec.
    """
    found: list[str] = []
    for item in spec if _listed(spec) else [spec]:
        if isinstance(item, BoundLoss):
            found += item.files
        elif isinstance(item, str):
            found += [name for one in parse(item) for name in _files_of(one)]
    return found


def _files_of(spec: Spec) -> Iterator[str]:
    for term in spec.terms:
        if term.file:
            yield term.file
        if term.where.endswith(".py"):
            yield term.where
        yield from (value[1:].strip() for _, value in term.given if value.startswith("@"))


def without_penalty(loss: BoundLoss) -> BoundLoss:
    """The loss itself; raises UsageError if it has a penalty, which has no rows."""
    if loss.penalty is not None:
        raise UsageError(
            f"{loss.label!r} has a penalty, which has no rows to work on",
            hint="omit the penalty: it is one number of one array",
        )
    return loss


def _listed(spec: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(spec, Sequence) and not isinstance(spec, str)


def _bind_item(item: Any, context: BindContext) -> list[BoundLoss]:
    if isinstance(item, BoundLoss):
        return [item]
    if isinstance(item, Loss):
        return [replace(_bound(item, {}, item.name, context), words=item.name)]
    if isinstance(item, str):
        return [_with_files(spec, context) for spec in parse(item)]
    if callable(item):
        from losscli.losses.spec.own import own_loss

        own = own_loss(item, getattr(item, "__name__", "own"), "the function that was given")
        return [_bound(own, {}, own.name, context)]
    raise UsageError(f"a loss is a spec or a Loss, not {item!r}")


@lru_cache(maxsize=256)
def _catalogued(text: str, like: str | None) -> tuple[BoundLoss, ...]:
    """The losses of a text that names neither files nor code, which may change; else none."""
    specs = parse(text)
    fixed = all(is_known(term.name) and not term.where for spec in specs for term in spec.terms)
    if not fixed or files_of(text):
        return ()
    context = BindContext(np.load, like=like)  # which reads nothing
    return tuple(_distinct([_with_files(spec, context) for spec in specs]))


def _with_files(spec: Spec, context: BindContext) -> BoundLoss:
    files = tuple(map(context.at, _files_of(spec)))
    located = spec._replace(terms=tuple(term.located(context.at) for term in spec.terms))
    return replace(_bind_spec(spec, context), files=files, words=str(located))


def _bind_spec(spec: Spec, context: BindContext) -> BoundLoss:
    if spec.plain:
        return replace(_bind_term(spec.terms[0], context), label=spec.label or str(spec))
    from losscli.losses.spec.sums import Sum, WeightedTerm

    context = context._replace(more={})
    terms = [term for term in spec.terms if not term.file]
    if not terms:
        raise UsageError(
            f"{str(spec)!r} has only penalties, and no rows", hint=f'-l "mse + {spec}"'
        )
    bound = [_bind_term(term, context) for term in terms]
    for loss in bound:
        if loss.statistic:
            raise UsageError(
                f"{loss.statistic} is the root of a mean, not a loss of rows: it cannot be added",
                hint=f"-l {loss.loss.name}, whose rows can be added",
            )
    added = [term.factor * _penalty(term, context) for term in spec.terms if term.file]
    parts = [
        WeightedTerm(term.factor, loss.loss, loss.params, loss.convention)
        for term, loss in zip(terms, bound, strict=True)
    ]
    whole = Sum.of(str(_canonical(spec, bound)), parts)
    return BoundLoss(
        whole,
        whole.resolve({}),
        spec.label or str(spec),
        convention=whole.convention(),
        penalty=math.fsum(added) if added else None,
        code=tuple(dict.fromkeys(origin for loss in bound for origin in loss.code)),
    )


def _bind_term(term: Term, context: BindContext) -> BoundLoss:
    loss, statistic, code = _named(term, context)
    given = {key: _value(value, context) for key, value in term.given}
    if code and references.is_unread():  # then its parameters are unknown
        given = {}
    return replace(_bound(loss, given, str(term), context), statistic=statistic, code=code)


def _bound(loss: Loss, given: Mapping[str, Any], label: str, context: BindContext) -> BoundLoss:
    """A loss with its parameters, in the requested convention."""
    if context.like is None:
        return BoundLoss(loss, loss.resolve(given), label)
    if context.like not in loss.like:
        raise not_in_library(context.like, loss)
    convention = loss.like[context.like]
    if convention.denominator is not None:
        loss = replace(loss, denominator=convention.denominator)
    return BoundLoss(loss, loss.resolve(given, convention.params), label, convention=convention)


def _named(term: Term, context: BindContext) -> "tuple[Loss, str | None, tuple[Origin, ...]]":
    """The loss of a name: from the catalogue, a user's file or module, or a package."""
    if term.where:
        from losscli.losses.spec.own import own_loss

        where = context.at(term.where) if term.where.endswith(".py") else term.where
        found = references.load(f"{where}:{term.name}")
        return own_loss(found, term.name, where), None, (references.origin_of(where),)
    if term.name in context.more:
        return context.more[term.name], None, ()
    if not is_known(term.name):
        from losscli.losses.spec.plugins import plugin

        entry = plugin(term.name)
        if entry is not None:
            from losscli.losses.spec.own import own_loss

            found, origin = entry.load()
            return own_loss(found, term.name, entry.value), None, (origin,)
    found = find_like(term.name, context.like) if context.like else find(term.name)
    return (*found, ())


def _penalty(term: Term, context: BindContext) -> float:
    known = penalties()
    if term.name not in known:
        raise UsageError(
            f"unknown penalty {term.name!r}",
            hint=f"the penalties are {', '.join(f'{name}(@{term.file})' for name in known)}",
        )
    return known[term.name](context.read(context.at(term.file)))


def _canonical(spec: Spec, bound: Sequence[BoundLoss]) -> Spec:
    """The sum with the canonical names of its losses, without parameters and files."""
    losses = iter(bound)
    terms = []
    for term in spec.terms:
        name = penalties()[term.name].name if term.file else next(losses).loss.name
        terms.append(Term(name, term.weight, term.negative))
    return Spec(tuple(terms))


def _value(text: str, context: BindContext) -> Any:
    if text.startswith("@"):
        return context.read(context.at(text[1:].strip()))
    return value_of(text)


def value_of(text: str) -> Any:
    """The value of a parameter as a spec writes it: a number, true, false, none, or a word."""
    words: dict[str, Any] = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    try:
        return int(text) if re.fullmatch(r"[+-]?\d{1,400}", text) else float(text)
    except ValueError:
        return text
