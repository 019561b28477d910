"""`Diagnosis`: the capabilities of a machine."""

from typing import Any

from msgspec import field

from losscli.results.document import Count, Document, Environment, Note, Record
from losscli.results.documents.bench import Limit


class Package(Record, frozen=True):
    """A package that losscli can use.

    name: the name of the package. version: None if it is not installed. use: what losscli uses it
    for.
    """

    name: str
    version: str | None
    use: str


class Cuda(Record, frozen=True):
    """A CUDA device.

    name: as --device takes it. model: the model of the device. memory_bytes: its memory.
    capability: such as "9.0".
    """

    name: str
    model: str
    memory_bytes: Count
    capability: str


class ClusterWorker(Record, frozen=True):
    """A worker of a Dask cluster.

    address: as Dask has it. memory_bytes: the memory that it may use; None without a limit.
    version: that of losscli there; None where it cannot be imported.
    """

    address: str
    threads: Count
    memory_bytes: Count | None
    version: str | None


class Diagnosis(Document, frozen=True, kw_only=True, tag="losscli/doctor/1"):
    """The capabilities of this machine.

    packages: those that losscli can use. processor: its model. cores: the cores that this process
    may use. cores_of_machine: all cores. caches: bytes by name, as one core sees them.
    memory_bytes, free_bytes: the memory; None if it is unknown. cuda: the CUDA devices. no_cuda:
    why there are none. instruction_set: that of the compiled kernels, "baseline", "avx2" or
    "avx512"; None if losses are computed by NumPy alone. compiler: the C++ compiler that
    torch.compile needs; None if there is none. workers: those of the cluster of --engine. quick:
    true if nothing was measured. limits, noise_floor: measured values.
    """

    packages: tuple[Package, ...]
    processor: str
    cores: Count
    cores_of_machine: Count
    caches: dict[str, Count]
    memory_bytes: Count | None
    free_bytes: Count | None
    cuda: tuple[Cuda, ...]
    no_cuda: str | None = None
    instruction_set: str | None = None
    compiler: str | None = None
    workers: tuple[ClusterWorker, ...] = ()
    quick: bool = False
    limits: tuple[Limit, ...] = ()
    noise_floor: float | None = None
    notes: tuple[Note, ...] = ()
    environment: Environment = field(default_factory=dict)

    optional = frozenset({"workers"})

    def to_records(self) -> list[dict[str, Any]]:
        """One record a fact: what, of which, and the value; numbers in bytes and GB/s."""
        found: list[tuple[str, str, Any]] = [("losscli", "", self.losscli)]
        found += [("package", package.name, package.version) for package in self.packages]
        found += [("processor", "", self.processor), ("cores", "", self.cores)]
        found += [("cache", name, size) for name, size in self.caches.items()]
        found += [("memory_bytes", "", self.memory_bytes), ("free_bytes", "", self.free_bytes)]
        found += [("cuda", device.name, device.model) for device in self.cuda]
        found += [("no_cuda", "", self.no_cuda)] if self.no_cuda else []
        found += [("kernel", "", self.environment.get("kernel"))]
        found += [("instruction_set", "", self.instruction_set), ("compiler", "", self.compiler)]
        found += [("worker", each.address, each.version) for each in self.workers]
        for limit in self.limits:
            where = f"{limit.device} {limit.level}"
            found.append(("read_gb_per_s", where, limit.read_gb_per_s))
            found.append(("copy_gb_per_s", where, limit.copy_gb_per_s))
        found += [("noise_floor", "", self.noise_floor)]
        return [{"what": what, "of": of, "value": value} for what, of, value in found]

    def _summary(self) -> str:
        return f"{self.processor}, {self.cores} cores, {len(self.cuda)} CUDA devices"
