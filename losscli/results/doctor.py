"""`Diagnosis`: what a machine can do."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from losscli.results.benchmark import Limit
from losscli.results.document import Document, Note, ending

if TYPE_CHECKING:
    import pandas as pd


class Package(NamedTuple):
    """A package that losscli can use: version is None where it is not installed."""

    name: str
    version: str | None
    use: str


class Cuda(NamedTuple):
    """A CUDA device; memory in bytes, capability as "9.0"."""

    name: str
    model: str
    memory_bytes: int
    capability: str


@dataclass(frozen=True, slots=True)
class Diagnosis(Document):
    """What this machine can do.

    caches: bytes by name, of one core's view. memory_bytes, free_bytes: None where the system
    does not tell. cuda: devices; no_cuda: why there are none. compiler: the C++ compiler that
    torch.compile needs, None where there is none. limits, noise_floor: measured, unless quick.
    """

    page: ClassVar[str] = "doctor"

    packages: tuple[Package, ...]
    environment: dict[str, Any]
    processor: str
    cores: int
    cores_of_machine: int
    caches: dict[str, int]
    memory_bytes: int | None
    free_bytes: int | None
    cuda: tuple[Cuda, ...]
    no_cuda: str
    compiler: str | None
    limits: tuple[Limit, ...] = ()
    noise_floor: float | None = None
    quick: bool = False
    notes: tuple[Note, ...] = ()

    @property
    def exit_code(self) -> int:
        """0: nothing is wrong with a machine that lacks something."""
        return 0

    def to_dict(self) -> dict[str, Any]:
        """The document `losscli/doctor/1`."""
        return {
            "schema": "losscli/doctor/1",
            "packages": [package._asdict() for package in self.packages],
            "processor": self.processor,
            "cores": self.cores,
            "cores_of_machine": self.cores_of_machine,
            "caches": self.caches,
            "memory_bytes": self.memory_bytes,
            "free_bytes": self.free_bytes,
            "cuda": [device._asdict() for device in self.cuda],
            "no_cuda": self.no_cuda or None,
            "compiler": self.compiler,
            "quick": self.quick,
            "limits": [limit.to_dict() for limit in self.limits],
            "noise_floor": self.noise_floor,
            "notes": [note.to_dict() for note in self.notes],
            "environment": self.environment,
            **ending(self.exit_code),
        }

    def to_records(self) -> list[dict[str, Any]]:
        """One record a fact: what, of which, and the value; numbers in bytes and GB/s."""
        found: list[tuple[str, str, Any]] = [("losscli", "", self.to_dict()["losscli"])]
        found += [("package", package.name, package.version) for package in self.packages]
        found += [("processor", "", self.processor), ("cores", "", self.cores)]
        found += [("cache", name, size) for name, size in self.caches.items()]
        found += [("memory_bytes", "", self.memory_bytes), ("free_bytes", "", self.free_bytes)]
        found += [("cuda", device.name, device.model) for device in self.cuda]
        found += [("no_cuda", "", self.no_cuda)] if self.no_cuda else []
        found += [("compiler", "", self.compiler)]
        for limit in self.limits:
            where = f"{limit.device} {limit.level}"
            found.append(("read_gb_per_s", where, limit.read_gb_per_s))
            found.append(("copy_gb_per_s", where, limit.copy_gb_per_s))
        found += [("noise_floor", "", self.noise_floor)]
        return [{"what": what, "of": of, "value": value} for what, of, value in found]

    def to_frame(self) -> "pd.DataFrame":
        """One row a fact."""
        import pandas as pd

        return pd.DataFrame(self.to_records())
