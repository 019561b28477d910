"""Messages between a benchmark and the process of an implementation: a line of JSON each.

JSON, because a reply must not be able to run code where the truth is. Numbers of arrays are in
shared memory; a message says where.
"""

from typing import Literal, TypeAlias

import msgspec

Direction: TypeAlias = Literal["forward", "both", "scaled"]


class Part(msgspec.Struct, frozen=True):
    """An array in the shared memory; offset: its first byte, -1 if it did not fit."""

    offset: int
    shape: tuple[int, ...]
    dtype: str


class Prepare(msgspec.Struct, frozen=True, tag=True):
    """A request to prepare an implementation for a workload; runner: the number it is known by."""

    runner: int
    impl: str
    loss: str
    shape: tuple[int, ...]
    device: str
    dtype: str
    threads: int


class Resize(msgspec.Struct, frozen=True, tag=True):
    """A request to map the shared memory again, which has `size` bytes now."""

    size: int


class Call(msgspec.Struct, frozen=True, tag=True):
    """A request to call.

    out, room: where the answer goes. poison: fill memory with NaN first. fresh: call on copies in
    other buffers. cold: empty the caches first. keep: keep the answer for `Again`. changed: the
    indices of rows that have just been written, None if unknown.
    """

    runner: int
    direction: Direction
    inputs: tuple[Part, ...]
    out: int
    room: int
    poison: bool = False
    fresh: bool = False
    cold: bool = False
    keep: bool = False
    changed: Part | None = None


class Warm(msgspec.Struct, frozen=True, tag=True):
    """A request to warm up for a call: to call for some seconds, or to read the inputs if 0."""

    runner: int
    direction: Direction
    inputs: tuple[Part, ...]
    seconds: float


class Again(msgspec.Struct, frozen=True, tag=True):
    """A request to write the kept answer again, as it is now."""

    out: int
    room: int


class Guard(msgspec.Struct, frozen=True, tag=True):
    """A request to look for changes of clocks, hooks, threads and flags."""


class Describe(msgspec.Struct, frozen=True, tag=True):
    """A request for the environment of the process."""


Request: TypeAlias = Prepare | Resize | Call | Warm | Again | Guard | Describe


class Done(msgspec.Struct, frozen=True, tag=True):
    """A request was carried out."""


class Prepared(msgspec.Struct, frozen=True, tag=True):
    """A computation is ready; both, scaled: True if it has these directions."""

    framework: Literal["numpy", "torch"]
    compiles: bool
    both: bool
    scaled: bool


class Refused(msgspec.Struct, frozen=True, tag=True):
    """An implementation cannot be prepared; kind: the class of the error."""

    kind: Literal["unsupported", "missing", "usage"]
    message: str
    place: str = ""
    hint: str = ""


class Timed(msgspec.Struct, frozen=True, tag=True):
    """A call ended: the reply before its answer is written."""

    seconds: float


class Answered(msgspec.Struct, frozen=True, tag=True):
    """The answer of a call is in the shared memory."""

    value: Part
    gradients: tuple[Part, ...] | None = None


class Raised(msgspec.Struct, frozen=True, tag=True):
    """A call raised an exception."""

    text: str


class Guarded(msgspec.Struct, frozen=True, tag=True):
    """The faults that the guards found, for people."""

    faults: tuple[str, ...]


class Described(msgspec.Struct, frozen=True, tag=True):
    """The versions of the packages that the process has loaded, and the system."""

    environment: dict[str, str | int | None]


Reply: TypeAlias = Done | Prepared | Refused | Timed | Answered | Raised | Guarded | Described
