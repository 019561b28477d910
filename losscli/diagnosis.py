"""`diagnose`: what this machine can do, asked without changing anything."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from losscli.benchmark.devices import open_device, processor
from losscli.benchmark.limit import Limit, last_cache
from losscli.benchmark.measure import measure
from losscli.documents import Document, Note, ending
from losscli.errors import LossCliError
from losscli.machine import cores, environment
from losscli.plans import BenchPlan, DoctorPlan

if TYPE_CHECKING:
    import pandas as pd

# What losscli can use: the module, its distribution, and what for.
_PACKAGES = (
    ("numpy", "numpy", "everything"),
    ("torch", "torch", "--backend torch, bench, accelerators"),
    ("pyarrow", "pyarrow", "tables from files"),
    ("pandas", "pandas", ".to_frame(), DataFrame columns"),
    ("sklearn", "scikit-learn", "bench --impl sklearn"),
    ("liger_kernel", "liger-kernel", "bench --impl liger, on CUDA"),
    ("matplotlib", "matplotlib", "plots"),
    ("mpmath", "mpmath", "losscli's own tests"),
)
_NOISE_ELEMENTS = "1e6"
_NOISE_S = 4.0


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


def diagnose(plan: DoctorPlan, progress: Callable[[float], None]) -> Diagnosis:
    """Look at the machine and, unless the plan is quick, measure it, in about ten seconds.

    Progress is told the share of the work that is done.
    """
    packages = tuple(_packages())
    devices, no_cuda = _cuda({package.name: package.version for package in packages})
    progress(0.1)
    memory = _memory()
    limits: list[Limit] = []
    notes: list[Note] = []
    noise = None
    if not plan.quick:
        limits = list(_limits(["cpu", *(device.name for device in devices)], notes))
        progress(0.5)
        noise = _noise_floor()
        progress(1.0)
    return Diagnosis(
        packages=packages,
        environment=environment(),
        processor=processor(),
        cores=cores(),
        cores_of_machine=os.cpu_count() or cores(),
        caches=_caches(),
        memory_bytes=memory.get("MemTotal"),
        free_bytes=memory.get("MemAvailable"),
        cuda=devices,
        no_cuda=no_cuda,
        compiler=_compiler(),
        limits=tuple(limits),
        noise_floor=noise,
        quick=plan.quick,
        notes=tuple(notes),
    )


def _packages() -> Iterator[Package]:
    """The versions of what is installed, without importing it."""
    from importlib.metadata import PackageNotFoundError, version
    from importlib.util import find_spec

    for module, distribution, use in _PACKAGES:
        found = None
        with suppress(ImportError, ValueError):
            if find_spec(module) is not None:
                found = "unknown"
        if found is not None:
            with suppress(PackageNotFoundError):
                found = version(distribution)
        yield Package(module, found, use)


def _cuda(versions: dict[str, str | None]) -> tuple[tuple[Cuda, ...], str]:
    """The CUDA devices, or why there are none."""
    if versions["torch"] is None:
        return (), "torch is not installed"
    try:
        import torch
    except (ImportError, OSError) as error:
        return (), f"torch cannot be imported: {error}".splitlines()[0][:200]
    if torch.version.cuda is None:
        return (), f"torch {torch.__version__} is built without CUDA"
    try:
        count = torch.cuda.device_count()
        found = [torch.cuda.get_device_properties(at) for at in range(count)]
    except RuntimeError as error:
        return (), str(error).splitlines()[0][:200]
    if not found:
        return (), f"torch {torch.__version__} for CUDA {torch.version.cuda} finds no device"
    return tuple(
        Cuda(f"cuda:{at}", each.name, int(each.total_memory), f"{each.major}.{each.minor}")
        for at, each in enumerate(found)
    ), ""


def _caches() -> dict[str, int]:
    """The data caches that the first core sees, by level, as Linux tells them."""
    found: dict[str, int] = {}
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        with suppress(OSError, ValueError):
            kind = (folder / "type").read_text().strip()
            size = (folder / "size").read_text().strip()
            unit = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}.get(size[-1:], 1)
            if kind != "Instruction":
                level = f"L{(folder / 'level').read_text().strip()}"
                found[level + ("d" if kind == "Data" else "")] = int(size.rstrip("KMG")) * unit
    return found


def _memory() -> dict[str, int]:
    """Bytes of memory by Linux's names."""
    found: dict[str, int] = {}
    with suppress(OSError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name in ("MemTotal", "MemAvailable"):
                found[name] = int(rest.split()[0]) << 10
    return found


def _compiler() -> str | None:
    """The C++ compiler that torch.compile would find, with its version."""
    import shlex
    import shutil
    import subprocess

    for command in (os.environ.get("CXX", ""), "g++", "clang++", "c++"):
        path = shutil.which(shlex.split(command)[0]) if command.strip() else None
        if path is None:
            continue
        with suppress(OSError, subprocess.SubprocessError):
            said = subprocess.run(
                [path, "--version"], capture_output=True, text=True, timeout=10, check=True
            )
            return f"{path}: {said.stdout.splitlines()[0]}" if said.stdout.strip() else path
    return None


def _limits(names: list[str], notes: list[Note]) -> Iterator[Limit]:
    """The limits of each device: the CPU's last cache, and memory."""
    for name in names:
        try:
            device = open_device(name, cores(), None)
            if name == "cpu":
                cached = device.limit(last_cache())
                yield cached._replace(level=f"size of the last cache ({cached.level})")
            yield device.limits()[0]
        except (LossCliError, RuntimeError) as error:
            what = str(error).splitlines()[0][:200]
            notes.append(Note("not_measured", f"{name} could not be measured: {what}"))


def _noise_floor() -> float | None:
    """The difference that a short benchmark finds between an implementation and itself."""
    plan = BenchPlan(
        loss="mae", impl="numpy", size=_NOISE_ELEMENTS, passes="forward", time=_NOISE_S
    )
    return measure(plan, lambda _: None).noise_floor
