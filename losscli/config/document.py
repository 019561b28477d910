"""Strict YAML: the core of version 1.2, without tags, merges and surprises, and with positions.

The library's loader reads `1e-3` as a text and `no` as false, silently keeps the last of two equal
keys, follows aliases without limit, and crashes on deep nesting. Here numbers are numbers, words
are words, a key occurs once, and a document that is too large or too deep is refused before it is
built.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, TypeAlias

import yaml

from losscli.errors import DataError, UsageError
from losscli.results.text import escape

Keys: TypeAlias = tuple[str | int, ...]

_FILE_BYTES = 1 << 20
_SCALAR = 1 << 16
_KEY = 200
_DEPTH = 64
_DIGITS = 400
_NODES = 100_000
_ALIASES = 100
_SHOWN = 50  # of many faults, those that are printed

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"([-+]?)\.(inf|Inf|INF)")
_ZEROS = re.compile(r"[-+]?0[0-9]+")


class Mark(NamedTuple):
    """A position: line and column, both from 1."""

    line: int
    column: int


class Fault(NamedTuple):
    """One fault, and how to fix it; path: the file, where there are several."""

    mark: Mark | None
    message: str
    hint: str = ""
    path: str = ""

    @property
    def place(self) -> str:
        """The file, the line and the column, as far as they are known."""
        where = f"line {self.mark.line}, column {self.mark.column}" if self.mark else ""
        return ", ".join(filter(None, (self.path, where)))

    def __str__(self) -> str:
        parts = (self.place, f"{self.message}{f'; {self.hint}' if self.hint else ''}")
        return ": ".join(filter(None, parts))


class ConfigError(UsageError):
    """All faults of a config, in the order of its lines."""

    def __init__(self, path: str, faults: list[Fault]) -> None:
        self.path = path
        self.faults = sorted(faults, key=lambda fault: (fault.path, fault.mark or Mark(0, 0)))
        first = self.faults[0]
        if len(faults) > 1:
            super().__init__(f"{len(faults)} faults in {path}")
            return
        place = first._replace(path=path).place
        super().__init__(first.message, place=place, hint=first.hint)

    @classmethod
    def of_several(cls, errors: "Sequence[ConfigError]") -> "ConfigError":
        """One error with all faults of several files."""
        if len(errors) == 1:
            return errors[0]
        faults = [fault._replace(path=error.path) for error in errors for fault in error.faults]
        return cls(f"{len(errors)} configs", faults)

    def lines(self) -> list[str]:
        """The text that a person reads: three lines for one fault, else a line for each."""
        if len(self.faults) == 1:
            return super().lines()
        more = len(self.faults) - _SHOWN
        rest = [f"and {more:,} more"] if more > 0 else []
        return [self.message, *map(str, self.faults[:_SHOWN]), *rest]

    def parts(self) -> list[dict[str, Any]]:
        """All faults, for the document of the error."""
        return [
            {
                "path": fault.path or self.path,
                "line": fault.mark.line if fault.mark else None,
                "column": fault.mark.column if fault.mark else None,
                "message": fault.message,
                "hint": fault.hint or None,
            }
            for fault in self.faults
        ]


class Document(NamedTuple):
    """A YAML file: its data, its text, and the position of each key and value."""

    path: str
    text: str
    data: Any
    marks: dict[Keys, Mark]

    def mark(self, keys: Keys) -> Mark | None:
        """The position of a key or value, or of the nearest one above it."""
        while keys and keys not in self.marks:
            keys = keys[:-1]
        return self.marks.get(keys)


def read(path: str) -> Document:
    """The document of a file.

    Raises ConfigError for what is not strict YAML, DataError where the file cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            data = file.read(_FILE_BYTES + 1)
    except FileNotFoundError:
        raise UsageError(f"there is no config {path}", hint="losscli init writes one") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"cannot read {path}: {reason}") from error
    if len(data) > _FILE_BYTES:
        raise ConfigError(path, [Fault(None, "a config has at most 1 MiB")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(path, [Fault(Mark(line, 1), "not UTF-8 text")]) from error
    return parse(text, path)


def parse(text: str, path: str) -> Document:
    """The document of a text; `path` is its name in messages."""
    try:
        _survey(text, path)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigError(path, [Fault(_mark(mark), _words(error))]) from error
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        at = Mark(before.count("\n") + 1, error.position - before.rfind("\n"))
        words = f"the character U+{error.character:04X} is not allowed there"
        raise ConfigError(path, [Fault(at, words)]) from error
    builder = _Builder()
    data = builder.value(node, ()) if node is not None else None
    if builder.faults:
        raise ConfigError(path, builder.faults)
    return Document(path, text, data, builder.marks)


def scalar(text: str) -> Any:
    """The value of a plain word: null, a boolean, a number, or the text itself."""
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() == "true"
    if _INT.fullmatch(text):
        if len(text) > _DIGITS:
            raise ValueError(f"a number of more than {_DIGITS} digits")
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _ZEROS.fullmatch(text):
        raise ValueError(
            "a number with leading zeros: an octal one begins with 0o, a text has quotes"
        )
    if _FLOAT.fullmatch(text):
        return float(text)
    infinite = _INFINITE.fullmatch(text)
    if infinite:
        return float(f"{infinite[1]}inf")
    return text


class _Loader(yaml.SafeLoader):
    """Resolves nothing: `scalar` decides what a word is."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}  # type: ignore[misc]


def _survey(text: str, path: str) -> None:
    """Check the events, which are not nested, before anything is built from them."""
    depth = nodes = aliases = documents = 0
    for event in _events(text, path):
        at = _mark(event.start_mark)
        opens = isinstance(event, yaml.CollectionStartEvent)
        depth += opens - isinstance(event, yaml.CollectionEndEvent)
        nodes += isinstance(event, yaml.NodeEvent)
        aliases += isinstance(event, yaml.AliasEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        tag = getattr(event, "tag", None)
        if depth > _DEPTH:
            raise ConfigError(path, [Fault(at, f"nested deeper than {_DEPTH} levels")])
        if nodes > _NODES:
            raise ConfigError(path, [Fault(at, f"more than {_NODES:,} values")])
        if aliases > _ALIASES:
            raise ConfigError(path, [Fault(at, f"more than {_ALIASES} aliases")])
        if documents > 1:
            words = "a second document begins here"
            raise ConfigError(path, [Fault(at, words, "one file holds one config")])
        if tag is not None and not isinstance(event, yaml.AliasEvent):
            words = f"tags are not supported: {escape(tag)[:80]}"
            raise ConfigError(path, [Fault(at, words, "remove it")])


def _events(text: str, path: str) -> Iterator[Any]:
    """The events of a text; the library reads numbers in escapes and directives without a check."""
    loader: Any = yaml.SafeLoader(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    except (ValueError, OverflowError) as error:
        words = "an escape or a directive has an invalid number"
        raise ConfigError(path, [Fault(_mark(loader.get_mark()), words)]) from error
    finally:
        loader.dispose()


class _Builder:
    """Builds plain data from nodes, and collects the position and the faults of each part."""

    def __init__(self) -> None:
        self.marks: dict[Keys, Mark] = {}
        self.faults: list[Fault] = []
        self._count = 0
        self._open: list[yaml.Node] = []

    def value(self, node: yaml.Node, keys: Keys) -> Any:
        mark = _mark(node.start_mark)
        self.marks.setdefault(keys, mark)
        self._count += 1
        if self._count > _NODES or len(keys) > _DEPTH or any(node is other for other in self._open):
            if not self.faults:
                self.faults.append(Fault(mark, "its aliases make it too large for a config"))
            return None
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, mark)
        self._open.append(node)
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.value(item, (*keys, at)) for at, item in enumerate(node.value)]
            return dict(self._pairs(node, keys))
        finally:
            self._open.pop()

    def _scalar(self, node: yaml.ScalarNode, mark: Mark) -> Any:
        if len(node.value) > _SCALAR:
            self.faults.append(Fault(mark, f"a text of more than {_SCALAR:,} characters"))
            return ""
        if node.style is not None:
            return _joined(node.value)
        try:
            return scalar(node.value)
        except ValueError as error:
            self.faults.append(Fault(mark, str(error)))
            return ""

    def _pairs(self, node: yaml.Node, keys: Keys) -> Iterator[tuple[str, Any]]:
        seen: dict[str, Mark] = {}
        for key_node, value_node in node.value:
            mark = _mark(key_node.start_mark)
            if not isinstance(key_node, yaml.ScalarNode):
                self.faults.append(Fault(mark, "a key is a word"))
                continue
            key = _joined(key_node.value)
            if key == "<<" and key_node.style is None:
                self.faults.append(Fault(mark, "<< is not supported", "use defaults:"))
                continue
            if not key or len(key) > _KEY or escape(key) != key:
                words = f"{escape(key[:40])!r} is not a name: 1 to {_KEY} printable characters"
                self.faults.append(Fault(mark, words))
                continue
            if key in seen:
                first = seen[key].line
                self.faults.append(Fault(mark, f"duplicate key {key}, first in line {first}"))
                continue
            seen[key] = mark
            self.marks[*keys, key] = mark
            yield key, self.value(value_node, (*keys, key))


def _joined(text: str) -> str:
    """A text whose characters past U+FFFF were written as JSON does, by two escapes."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _mark(mark: Any) -> Mark:
    return Mark(mark.line + 1, mark.column + 1)


def _words(error: yaml.MarkedYAMLError) -> str:
    parts = [part for part in (error.context, error.problem) if part]
    return f"not valid YAML: {escape(', '.join(parts))[:200]}"
