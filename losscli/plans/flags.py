"""The declaration of a flag: a field of a plan with its help text, panel, metavar and choices.

The command line, the YAML keys with their JSON Schema, the signatures of the Python functions and
`run --print-config` are all made from these declarations.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from functools import wraps
from types import UnionType
from typing import (
    Any,
    Literal,
    NamedTuple,
    TypeAlias,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
)

from losscli.errors import UsageError

T = TypeVar("T")
Path: TypeAlias = str | os.PathLike[str]
Share: TypeAlias = float | str  # a number, or a text such as "5%"
Kind: TypeAlias = Literal[
    "switch", "count", "number", "choice", "share", "text", "texts", "path", "paths", "any"
]  # fmt: skip
Combine: TypeAlias = Literal["repeat", "commas", "columns", "matrix", "models"]


@dataclass(frozen=True, slots=True)
class Flag:
    """The declaration of a field, apart from its type and default.

    long, short: its spelling where that is not the field's name. key: its YAML key, likewise.
    positional: True for an argument of the command. several: True where it takes several values, as
    a sequence and a flag whose default is a tuple always do.
    combine: how values on the command line combine. repeat: one for each time that the flag is
    given; commas: also several in one text; columns: the same, an empty name included; matrix: as
    columns, the flag at most once; models: as matrix, and a matrix for each time that it is given.
    choices: the accepted words of a text, or a function that returns them. complete: the name of a
    function in `losscli.cli.completion`.
    config: where YAML has it. data: in a data set; run: in a run, and in `defaults:` under its
    kind; defaults: in `defaults:` itself; own: in a run alone.
    hidden: True for a field of the Python functions that the command line does not have; with a
    spelling of its own it is another form of that flag.
    """

    help: str
    panel: str = ""
    metavar: str = ""
    short: str = ""
    long: str = ""
    key: str = ""
    positional: bool = False
    several: bool = False
    combine: Combine = "repeat"
    choices: Sequence[str] | Callable[[], Sequence[str]] = ()
    complete: str = ""
    config: str = ""
    hidden: bool = False


class Declaration(NamedTuple):
    """A field of a plan, resolved: its name, flag, kind of value, default, and whether None is one.

    default: `dataclasses.MISSING` where the field must be given.
    """

    name: str
    flag: Flag
    kind: Kind
    optional: bool
    several: bool
    default: Any
    choices: tuple[str, ...]

    @property
    def spelling(self) -> str:
        """The flag as it is typed, or the argument's metavar."""
        if self.flag.positional:
            return self.flag.metavar or self.name.upper()
        return self.flag.long or f"--{self.name.replace('_', '-')}"

    @property
    def key(self) -> str:
        """The key in YAML."""
        return self.flag.key or self.name

    def words(self) -> tuple[str, ...]:
        """The choices, those that a function returns included."""
        choices = self.flag.choices
        return tuple(choices()) if callable(choices) else self.choices


class FlagError(UsageError):
    """A value that a flag does not take; flag: the field of the plan."""

    flag = ""

    @classmethod
    def of(cls, declaration: Declaration, message: str, hint: str = "") -> "FlagError":
        """The error; the message goes on from the flag's spelling."""
        error = cls(f"{declaration.spelling} {message}", hint=hint)
        error.flag = declaration.name
        return error

    @classmethod
    def of_field(cls, plan: Any, name: str, message: str, hint: str = "") -> "FlagError":
        """The error of a field of a plan."""
        return cls.of(declaration(plan, name), message, hint)


def flag(help: str | Flag, *, default: Any = MISSING, kw_only: bool = True, **declared: Any) -> Any:  # noqa: A002
    """A field of a plan that is a flag; help: its help text, or a flag that several plans share."""
    found = help if isinstance(help, Flag) else Flag(help, **declared)
    return field(default=default, kw_only=kw_only, metadata={"flag": found})


def argument(help: str, *, default: Any = MISSING, kw_only: bool = False, **declared: Any) -> Any:  # noqa: A002
    """A field of a plan that is a positional argument."""
    return flag(help, default=default, kw_only=kw_only, positional=True, **declared)


@dataclass_transform(kw_only_default=True, field_specifiers=(flag, argument))
def plan(cls: type[T]) -> type[T]:
    """Make a class a plan: a dataclass whose fields are flags, which are validated."""
    if not hasattr(cls, "__post_init__"):
        cls.__post_init__ = validate  # type: ignore[attr-defined]
    made: Any = dataclass(cls)
    made._declarations = tuple(map(_declaration, fields(made)))
    made._declaration_of = {each.name: each for each in made._declarations}
    made.__init__ = _constructor(made)
    return made  # type: ignore[no-any-return]


def _constructor(cls: Any) -> Callable[..., None]:
    """A constructor that stores the fields that are given; the others have the class's defaults.

    A plan has some thirty fields, of which a call gives three: this takes a third of the time.
    """
    generated = cls.__init__
    names = cls._declaration_of.keys()
    required = {each.name for each in cls._declarations if each.default is MISSING}
    positional = tuple(each.name for each in fields(cls) if not each.kw_only)

    @wraps(generated)
    def construct(self: Any, *args: Any, **given: Any) -> None:
        values = dict(zip(positional, args, strict=False))
        values.update(given)
        all_known = len(values) == len(args) + len(given) and values.keys() <= names
        if not (all_known and required <= values.keys()):
            generated(self, *args, **given)  # raises TypeError
        self.__dict__ = values
        self.__post_init__()

    return construct


def declarations(plan: Any) -> tuple[Declaration, ...]:
    """The flags of a plan or of its class, in the order of its fields."""
    found: tuple[Declaration, ...] = plan._declarations
    return found


def declaration(plan: Any, name: str) -> Declaration:
    """The flag of a field of a plan or of its class."""
    found: Declaration = plan._declaration_of[name]
    return found


def _declaration(part: Any) -> Declaration:
    declared = part.metadata["flag"]
    union = get_origin(part.type) in (Union, UnionType)
    members = get_args(part.type) if union else (part.type,)
    options = [member for member in members if member is not type(None)]
    words: tuple[str, ...] = ()
    if get_origin(options[0]) is Literal:
        words = get_args(options[0])
    elif not callable(declared.choices):
        words = tuple(declared.choices)
    sequence = get_origin(options[0]) is Sequence
    several = declared.several or sequence or part.default == ()
    kind = _kind(options, several=several)
    return Declaration(
        part.name, declared, kind, len(options) < len(members), several, part.default, words
    )


def _kind(options: Sequence[Any], *, several: bool) -> Kind:
    simple: dict[Any, Kind] = {bool: "switch", int: "count", float: "number", str: "text"}
    if get_origin(options[0]) is Sequence:
        return "texts" if get_args(options[0])[0] is str else "paths"
    if several:
        return "any"
    if get_origin(options[0]) is Literal:
        return "choice"
    if set(options) == set(get_args(Share)):
        return "share"
    if set(options) == set(get_args(Path)):
        return "path"
    return simple.get(options[0], "any") if len(options) == 1 else "any"


def is_path(value: Any) -> bool:
    """True for a text or a path that can name a file."""
    return isinstance(value, str | os.PathLike) and "\0" not in os.fspath(value)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


_ACCEPTED: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "switch": (lambda value: isinstance(value, bool), "True or False"),
    "count": (_is_count, "a whole number of at least 0"),
    "number": (_is_number, "a number"),
    "share": (lambda value: _is_text(value) or _is_number(value), "a number or a percentage"),
    "text": (_is_text, "a text"),
    "texts": (_is_text, "a text or a list of texts"),
    "path": (is_path, "a path"),
    "paths": (is_path, "a path or a list of paths"),
}


def validate(plan: Any) -> None:
    """Raise FlagError for a value of another kind or not among the choices; lists become tuples."""
    for name, value in vars(plan).items():
        each = plan._declaration_of[name]
        if value is each.default or (each.kind == "any" and not each.flag.choices):
            continue
        if value is not None or not each.optional:
            _check(each, value)
        if each.kind in ("texts", "paths"):
            setattr(plan, name, listed(value))


def _check(each: Declaration, value: Any) -> None:
    values = listed(value) if each.several else (value,)
    if each.kind in _ACCEPTED:
        accepts, words = _ACCEPTED[each.kind]
        if not all(map(accepts, values)):
            raise FlagError.of(each, f"takes {words}, not {value!r}")
    if each.choices or callable(each.flag.choices):
        choices = each.words()
        for word in values:
            if word not in choices:
                raise FlagError.of(each, f"takes {_or(choices)}, not {word!r}")


def listed(value: Any) -> tuple[Any, ...]:
    """The values of a list flag; one value is a list of one."""
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _or(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if words[1:] else "".join(words)


def set_share(plan: Any, name: str, *, zero: bool = False) -> None:
    """Replace a share of a plan by its fraction: 0.95 for 0.95 or "95%"; None stays.

    zero: True where 0 is accepted too. Raises FlagError for what does not lie between 0 and 1.
    """
    value = getattr(plan, name)
    if value is None or (type(value) is float and 0 < value < 1):
        return
    text = str(value).strip()
    try:
        number = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        number = -1.0
    if not (0 < number < 1 or (zero and number == 0)):
        words = f"takes a number between 0 and 1, or 0% and 100%, not {value!r}"
        raise FlagError.of_field(plan, name, words)
    setattr(plan, name, number)


def bytes_of(plan: Any, name: str) -> int | None:
    """The bytes of a size of a plan, such as "512MB" or "2GiB"; None stays.

    Raises FlagError for another text.
    """
    value = getattr(plan, name)
    if value is None:
        return None
    text = value.strip().lower().removesuffix("b")
    units = {f"{letter}{i}": (1024 if i else 1000) ** power
             for power, letter in enumerate("kmgt", start=1) for i in ("", "i")}  # fmt: skip
    unit = next((unit for unit in sorted(units, key=len)[::-1] if text.endswith(unit)), "")
    number = text.removesuffix(unit).strip()
    if not (value.strip().lower().endswith("b") and number.replace(".", "", 1).isdecimal()):
        words = f"takes a size such as 512MB or 2GiB, not {value!r}"
        raise FlagError.of_field(plan, name, words)
    return int(float(number) * units.get(unit, 1))
