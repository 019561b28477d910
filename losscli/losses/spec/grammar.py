"""The grammar of specs: the form of the text, before any name is looked up.

    specs  = spec {"," spec}
    spec   = [LABEL "="] ["-"] term {("+" | "-") term}
    term   = [NUMBER "*"] loss
    loss   = name [":" key "=" value {"," key "=" value}] | PENALTY "(@" FILE ")"
    name   = NAME | FILE ".py:" NAME | MODULE ":" NAME

A label ends at the first equals sign before any colon or space, and holds no "/", "(" or "@".
After a comma, `key=` continues the parameters of the last term, and anything else is another spec.
A value ends at a comma, or at a plus or minus with spaces on both sides, so that it may be `1e-3`.
"""

import math
import re
from collections.abc import Callable
from typing import NamedTuple

from losscli.errors import UsageError

_LONGEST = 10_000  # characters of a text of specs
_LONGEST_NAME = 200

# Patterns as texts: each is compiled at its first use, which most runs never reach. All of them run
# in linear time: no repetition follows another one of the same characters.
_NAME = r"[A-Za-z_]\w*"
LABEL = r"[^=:\s,/(@]+"
_LABEL = rf"\s*({LABEL})\s*="
_SIGN = r"\s*([+-])\s*"
_WEIGHT = r"([+-]?)\s*((?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|inf|nan)\s*\*\s*"
_PENALTY = rf"({_NAME})\s*\(\s*@([^)]*)\)"
_PART = r"(?:(?!\s[+-]\s)[^,])"  # a character of a value
_FILE = rf"((?:[A-Za-z]:[\\/])?(?:(?!\s[+-]\s)[^:,*()])+?\.py):({_NAME})\b"
_MODULE = rf"({_NAME}(?:\.{_NAME})*):({_NAME})\b(?!\s*=)"
_PARAMETER = rf"\s*({_NAME})\s*=\s*({_PART}+)"
_REST = rf"{_PART}*"
_LIST = rf"({_NAME}):({_NAME})\s*=\s*[\[(]?([-+.\deE]+(?:\s*,\s*[-+.\deE]+)+)[\])]?"


_FORMS = '-l NAME, -l LABEL=NAME:key=value, or -l "NAME + 0.1*NAME"'


class Term(NamedTuple):
    """A weight, and a loss with its parameters or a penalty on a file's array.

    weight: as it was typed, without its sign; empty for 1. where: the file or module of a user's
    loss; empty for one of the catalogue. given: the parameters. file: of a penalty's array.
    """

    name: str
    weight: str = ""
    negative: bool = False
    where: str = ""
    given: tuple[tuple[str, str], ...] = ()
    file: str = ""

    @property
    def factor(self) -> float:
        """The weight with its sign."""
        size = float(self.weight or 1.0)
        return -size if self.negative else size

    def located(self, at: Callable[[str], str]) -> "Term":
        """The same with the path of every file replaced by `at` of it."""
        where = at(self.where) if self.where.endswith(".py") else self.where
        given = tuple(
            (key, f"@{at(value[1:].strip())}" if value.startswith("@") else value)
            for key, value in self.given
        )
        file = at(self.file) if self.file else ""
        return self._replace(where=where, given=given, file=file)

    def __str__(self) -> str:
        weight = f"{self.weight}*" if self.weight else ""
        if self.file:
            return f"{weight}{self.name}(@{self.file})"
        words = ",".join(f"{key}={value}" for key, value in self.given)
        name = f"{self.where}:{self.name}" if self.where else self.name
        return f"{weight}{name}:{words}" if words else f"{weight}{name}"


class Spec(NamedTuple):
    """A sum of terms, or a single one; label: the name that it was given, empty for none."""

    terms: tuple[Term, ...]
    label: str = ""

    @property
    def plain(self) -> bool:
        """True for a single loss without a weight: not a sum."""
        (first, *more) = self.terms
        return not more and not first.weight and not first.negative and not first.file

    def __str__(self) -> str:
        """The expression, normalised: it reads back to the same."""
        words = "-" if self.terms[0].negative else ""
        words += str(self.terms[0])
        for term in self.terms[1:]:
            words += f" {'-' if term.negative else '+'} {term}"
        return words


def parse(text: str) -> list[Spec]:
    """The specs of a text.

    Raises UsageError for a text that is not a spec, or too long.

    >>> [str(spec) for spec in parse("mse, fit = 2 * mae")]
    ['mse', '2*mae']
    """
    if len(text) > _LONGEST:
        raise UsageError(
            f"a loss has {len(text):,} characters; at most {_LONGEST:,} are allowed",
            hint="give several losses one by one: -l FIRST -l SECOND",
        )
    if text.isascii() and text.isidentifier():
        return [Spec((Term(text),))]
    scanner = _Scanner(text)
    specs = [scanner.spec()]
    while scanner.skip_comma():
        specs.append(scanner.spec())
    return specs


class _Scanner:
    """A text, and the position up to which it was read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def skip_comma(self) -> bool:
        """Skip a comma; False at the end of the text."""
        if self._at == len(self._text):
            return False
        self._at += 1
        return True

    def spec(self) -> Spec:
        start = self._at
        label = self._match(_LABEL)
        sign = self._match(_SIGN)
        terms = [self._term(start, sign[1] if sign else "+")]
        while sign := self._match(_SIGN):
            terms.append(self._term(start, sign[1]))
        self._spaces()
        if self._at < len(self._text) and self._text[self._at] != ",":
            raise self._unread(start)
        return Spec(tuple(terms), self._short(label[1]) if label else "")

    def _term(self, start: int, sign: str) -> Term:
        self._spaces()
        weight, negative = "", sign == "-"
        if found := self._match(_WEIGHT):
            weight, negative = found[2], negative != (found[1] == "-")
            if not math.isfinite(float(weight)):
                raise UsageError(f"the weight {weight} in {self._spec(start)!r} is not finite")
        if found := self._match(_PENALTY):
            file = found[2].strip()
            if not file:
                raise UsageError(f"{found[0]} names no file", hint=f"{found[1]}(@weights.npy)")
            return Term(self._short(found[1]), weight, negative, file=file)
        if (found := self._match(_FILE)) or (found := self._module()):
            return Term(self._short(found[2]), weight, negative, found[1], self._given(start))
        if found := self._match(_NAME):
            return Term(self._short(found[0]), weight, negative, "", self._given(start))
        raise UsageError(f"{self._spec(start)!r} names no loss", hint=self._listed() or _FORMS)

    def _module(self) -> "re.Match[str] | None":
        """`MODULE:NAME`; not `LOSS:key`, which lacks a value."""
        from losscli.losses.registry import is_known

        found = self._look(_MODULE)
        if found is None or is_known(found[1]):
            return None
        self._at = found.end()
        return found

    def _given(self, start: int) -> tuple[tuple[str, str], ...]:
        """The parameters after a colon, if there is one."""
        self._spaces()
        if self._text[self._at : self._at + 1] != ":":
            return ()
        self._at += 1
        rest = self._look(_REST)
        if rest is None or not rest[0].strip():
            return ()
        found: dict[str, str] = {}
        while True:
            parameter = self._match(_PARAMETER)
            value = parameter[2].strip() if parameter else ""
            if parameter is None or not value:
                rest = self._look(_REST)
                words = parameter[0] if parameter else rest[0] if rest else ""
                raise UsageError(
                    f"{words.strip()!r} in {self._spec(start)!r} is not key=value",
                    hint=self._examples(start) or "-l smooth_l1:beta=0.5",
                )
            if parameter[1] in found:
                raise UsageError(
                    f"{parameter[1]} is given twice in {self._spec(start)!r}", hint="name it once"
                )
            found[parameter[1]] = value
            if not self._continues():
                return tuple(found.items())
            self._at += 1

    def _continues(self) -> bool:
        """True if a comma and another parameter follow; one with a colon is another spec."""
        if self._text[self._at : self._at + 1] != ",":
            return False
        follows = re.compile(_PARAMETER).match(self._text, self._at + 1)
        return follows is not None and (follows[2][0] == "@" or ":" not in follows[2])

    def _look(self, pattern: str) -> "re.Match[str] | None":
        return re.compile(pattern).match(self._text, self._at)

    def _match(self, pattern: str) -> "re.Match[str] | None":
        found = self._look(pattern)
        if found:
            self._at = found.end()
        return found

    def _spaces(self) -> None:
        while self._text[self._at : self._at + 1].isspace():
            self._at += 1

    def _spec(self, start: int) -> str:
        """The spec that begins there, for a message."""
        return self._text[start:].strip()

    def _listed(self) -> str:
        """The hint for a list of numbers with commas between them; empty without one."""
        found = re.search(_LIST, self._text)
        if found is None or found.end(3) < self._at:
            return ""
        value = re.sub(r"\s*,\s*", "/", found[3])
        spec = _with_parameter(found[1], found[2], value) or f"{found[1]}:{found[2]}={value}"
        return f"slashes are between the numbers of a list: -l {spec}"

    def _examples(self, start: int) -> str:
        """The loss that begins there with the parameter that has no value; empty if none is so."""
        found = re.search(rf"({_NAME}):\s*({_NAME})?", self._text[start:])
        specs = _with_parameter(found[1], found[2] or "") if found else ""
        return specs and f"-l {specs}"

    @staticmethod
    def _short(name: str) -> str:
        if len(name) > _LONGEST_NAME:
            raise UsageError(
                f"a name has {len(name):,} characters; at most {_LONGEST_NAME} are allowed"
            )
        return name

    def _unread(self, start: int) -> UsageError:
        rest = self._text[self._at :]
        if rest[0] == "*":
            return UsageError(
                f"a weight goes before its loss; in {self._spec(start)!r} it does not",
                hint='-l "0.5*mse + 2*mae"',
            )
        return UsageError(
            f"{self._spec(start)!r} is not a loss: {rest!r} is not understood",
            hint='-l NAME:key=value, -l "NAME + 0.1*NAME:key=value", -l FILE.py:NAME',
        )


def _with_parameter(name: str, key: str, value: str = "") -> str:
    """The specs of a loss with each parameter that a key may mean; empty where none is near."""
    from losscli.losses.registry import find, is_known

    return " or -l ".join(find(name)[0].specs_with(key, value)) if is_known(name) else ""
