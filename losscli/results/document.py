"""`Document`: a result as one typed class, of which JSON, reader and JSON Schema are made.

A subclass of `Record` names its fields once. `optional` names those that are written only where
they hold something, `hidden` those that no JSON has, `flat` a mapping whose keys stand next to the
other fields.
"""

import math
from abc import ABC
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Generic,
    Literal,
    Self,
    TypeAlias,
    TypeVar,
)

from msgspec import Meta, Struct, structs

from losscli.errors import FailError
from losscli.version import __version__

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Number: TypeAlias = float
    Numbers: TypeAlias = NDArray[np.float64]  # a list in JSON
else:

    class Number(ABC):  # noqa: B024 - a name for msgspec; floats are registered below
        """A float64, whose nan and infinities are the strings "nan", "inf" and "-inf" in JSON."""

    Number.register(float)
    Numbers = tuple[Number, ...]

Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Shape: TypeAlias = tuple[Count, ...]
Interval: TypeAlias = tuple[Number, Number]
Level: TypeAlias = Annotated[float, Meta(gt=0, lt=1)]
# In the schema only: what was edited by hand is compared as it is.
Digest: TypeAlias = Annotated[str, Meta(extra_json_schema={"pattern": "^sha256:[0-9a-f]{64}$"})]
Time: TypeAlias = Annotated[
    str, Meta(extra_json_schema={"pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"})
]  # UTC
Pass: TypeAlias = Literal["forward", "forward+backward"]
Environment: TypeAlias = dict[str, str | int | dict[str, str] | None]
Status: TypeAlias = Literal["pass", "fail", "undecided", "error"]
ExitCode: TypeAlias = Literal[0, 1, 3, 4, 5, 6]

R = TypeVar("R")

_STATUSES: dict[int, Status] = {0: "pass", 1: "fail", 6: "undecided"}
_MOST_GATES = 3  # in the message of an error
_ENDING = ("losscli", "status", "exit_code")  # the last fields of a document
_COMPUTED: Any = None


class Record(Struct, frozen=True):
    """A part of a document.

    Fields of one name mean the same in all records that do not state another meaning. label: the
    label of a loss. loss: the name of a loss. params: the parameters of the loss. impl: the
    implementation as requested. run: the step of the config. device: the device. dtype: the type of
    the numbers. shape: the length of each axis. threads: the number of threads. seed: the seed of
    generated inputs. path: the path of the file. digest: the SHA-256 of the content. notes:
    remarks, which change no number. code: for programs. message: the text for people. timing: how
    long it took. environment: versions, processor and system, and as `kernel` "compiled" if losses
    that have a program are computed by compiled code, otherwise "numpy". git: the state of the
    repository; None without one. started: when it began, in UTC. by: the key of the group. stderr:
    the standard error. ci: the confidence interval. ci_level: the confidence level. gates: the
    gates and their outcomes. rows: one for each row of the table. reason: an explanation. verdict:
    the conclusion. old: the value of the baseline. new: the value of the candidate. commit: the
    commit of the repository. wall_s: seconds. config: the config. losscli: the version that wrote
    it. family: the family of the loss. formula: in plain text. use: when to use it. version: the
    installed version. command: the command line that gives the same result again.
    """

    optional: ClassVar[frozenset[str]] = frozenset()
    hidden: ClassVar[frozenset[str]] = frozenset()
    flat: ClassVar[str] = ""

    @classmethod
    def flat_keys(cls) -> Iterable[str]:
        """The keys that the `flat` mapping may have."""
        return ()

    def to_dict(self) -> dict[str, Any]:
        """The JSON as Python objects; nan and infinities are floats."""
        found: dict[str, Any] = _plain(self)
        return found

    def to_json(self, indent: int | None = 2) -> str:
        """The JSON text; numbers read back to the same bits, nan and infinities are strings."""
        import json

        text = json.dumps(json_numbers(self.to_dict()), indent=indent, allow_nan=False)
        return text.replace("##", "#\\u0023")  # reads back the same; CI runners see no command

    def replace(self, **changes: Any) -> Self:
        """The same with some fields changed."""
        return structs.replace(self, **changes)

    @property
    def wall_s(self) -> float | None:
        """The seconds that it took; None where that is not recorded."""
        timing = getattr(self, "timing", None)
        return None if timing is None else float(timing.wall_s)

    @property
    def page(self) -> str:
        """The name of the page builder in `losscli.render.pages`."""
        return self.document_kind().replace("-", "_")

    @classmethod
    def document_kind(cls) -> str:
        """The middle of the schema's name: `eval` of `losscli/eval/1`."""
        return str(cls.__struct_config__.tag).split("/")[1]

    @classmethod
    def document_version(cls) -> int:
        """The end of the schema's name: 1 of `losscli/eval/1`."""
        return int(str(cls.__struct_config__.tag).split("/")[2])

    @classmethod
    def fields_of(cls, document: dict[str, Any]) -> dict[str, Any]:
        """The JSON of a document as the fields of the class; the inverse of `flat`."""
        return document


class Document(Record, frozen=True, kw_only=True, tag_field="schema"):
    """A result that is printed and saved.

    exit_code: the exit code of the command, computed from the parts if it is not given. status: the
    meaning of the exit code. losscli: the version that wrote it.
    """

    losscli: str = __version__
    status: Status = _COMPUTED
    exit_code: ExitCode = _COMPUTED

    def __post_init__(self) -> None:
        if self.exit_code is None:
            structs.force_setattr(self, "exit_code", self._exit_code())
        if self.status is None:
            status = _STATUSES.get(self.exit_code, "error")
            structs.force_setattr(self, "status", status)

    def _exit_code(self) -> int:
        return 0

    def replace(self, **changes: Any) -> Self:
        """The same with some fields changed, and the exit code that follows from them."""
        return structs.replace(self, **{"status": None, "exit_code": None} | changes)

    def raise_on_fail(self) -> Self:
        """The result itself; raises FailError where its exit code is not 0 or 6 (undecided)."""
        if self.exit_code in (0, 6):
            return self
        gates = [g for g in getattr(self, "gates", ()) if g.counts and g.status != "pass"]
        lines = [f"{gate.status} {gate.expr}: {gate.reason}" for gate in gates[:_MOST_GATES]]
        error = FailError("; ".join(lines) or repr(self))
        error.result = self
        raise error

    def to_records(self) -> list[dict[str, Any]]:
        """One flat dict a row, with the same keys in each."""
        return [row.to_dict() for row in self.rows]  # type: ignore[attr-defined]

    def to_frame(self) -> Any:
        """`to_records()` as a pandas DataFrame."""
        import pandas as pd

        return pd.DataFrame(self.to_records())

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._summary()}, exit code {self.exit_code}>"

    def _summary(self) -> str:
        """The gist in a few words."""
        return self.document_kind()

    def __str__(self) -> str:
        # By name: renderers know documents, and documents no renderer.
        text = import_module("losscli.render").text(self, "table")
        return str(text).rstrip("\n")

    def _repr_html_(self) -> str:
        return str(import_module("losscli.render.notebook").html_of(self))


class Note(Record, frozen=True):
    """Something that the numbers do not say by themselves; `code` is for programs."""

    code: str
    message: str
    hint: str = ""

    hidden = frozenset({"hint"})


class RowsDocument(Document, Generic[R], frozen=True, kw_only=True):
    """A result that is a sequence of its rows."""

    if TYPE_CHECKING:
        rows: tuple[R, ...]

    def __iter__(self) -> Iterator[R]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


class Listing(Document, frozen=True, kw_only=True):
    """A result whose notes are for people only."""

    notes: tuple[Note, ...] = ()

    hidden = frozenset({"notes"})


class Git(Record, frozen=True):
    """The state of the repository around a run.

    dirty: true if files differ from the commit.
    """

    commit: str
    dirty: bool | None = None


class Timing(Record, frozen=True):
    """How long it took, in seconds."""

    wall_s: float = 0.0


def devices_of(environment: Environment) -> dict[str, str]:
    """The name of the processor behind each device."""
    found = environment.get("devices")
    return found if isinstance(found, dict) else {}


def pass_name(both: bool) -> Pass:
    """The name of a pass; both: True where the gradient is computed too."""
    return "forward+backward" if both else "forward"


def json_numbers(value: Any) -> Any:
    """The same document with nan and infinities as strings."""
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, Mapping):
        return {key: json_numbers(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_numbers(item) for item in value]
    return value


def _plain(value: Any) -> Any:
    """A value of a document as dicts, lists, strings, numbers and None."""
    if isinstance(value, Record):
        config = value.__struct_config__
        found = {config.tag_field: config.tag} if config.tag else {}
        for name, key in zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True):
            item = _plain(getattr(value, name))
            if name == value.flat:
                found |= item
            elif name not in value.hidden and (item or item == 0 or name not in value.optional):
                found[key] = item
        ending = {key: found.pop(key) for key in _ENDING if isinstance(value, Document)}
        return found | ending
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.tolist() if hasattr(value, "tolist") else value
