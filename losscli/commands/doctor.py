"""`doctor`: what this machine can do, measured without changing anything."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from losscli.backends.machine import cores, environment
from losscli.benchmark.devices import caches, last_cache, open_device, processor
from losscli.benchmark.measure import measure
from losscli.commands.worker import installed
from losscli.engines.cluster import Cluster
from losscli.errors import LossCliError
from losscli.evaluation.measure import no_progress
from losscli.kernels import machine
from losscli.plans.bench import BenchPlan
from losscli.plans.check import DoctorPlan
from losscli.plans.engines import address_of
from losscli.render.files import outputs
from losscli.results.document import Note
from losscli.results.documents.bench import Limit
from losscli.results.documents.doctor import ClusterWorker, Cuda, Diagnosis, Package

# The packages that losscli can use: module, distribution, and what for.
_PACKAGES = (
    ("numpy", "numpy", "everything"),
    ("torch", "torch", "--backend torch, bench, accelerators"),
    ("pyarrow", "pyarrow", "tables from files"),
    ("pandas", "pandas", ".to_frame(), DataFrame columns"),
    ("sklearn", "scikit-learn", "bench --impl sklearn"),
    ("liger_kernel", "liger-kernel", "bench --impl liger, on CUDA"),
    ("matplotlib", "matplotlib", "plots"),
    ("distributed", "distributed", "--engine dask"),
    ("mpmath", "mpmath", "losscli's own tests"),
)
_NOISE_ELEMENTS = "1e6"
_NOISE_S = 4.0


def run_doctor(plan: DoctorPlan, progress: Callable[[float], None] = no_progress) -> Diagnosis:
    """Report what this machine can do: packages, devices, measured limits, noise."""
    with outputs(plan.output) as publish:
        result = diagnose(plan, progress)
        publish(result)
    return result


def diagnose(plan: DoctorPlan, progress: Callable[[float], None]) -> Diagnosis:
    """Examine the machine and, unless the plan is quick, measure it, in about ten seconds."""
    workers = tuple(_workers(plan))
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
        caches=caches(),
        memory_bytes=memory.get("MemTotal"),
        free_bytes=memory.get("MemAvailable"),
        cuda=devices,
        no_cuda=no_cuda or None,
        instruction_set=machine.name(),
        compiler=_compiler(),
        workers=workers,
        limits=tuple(limits),
        noise_floor=noise,
        quick=plan.quick,
        notes=tuple(notes),
    )


def _workers(plan: DoctorPlan) -> Iterator[ClusterWorker]:
    """The workers of the plan's cluster; raises MissingError where there is none."""
    address = address_of(plan.engine)
    if address is None:
        return
    with Cluster(address) as cluster:
        versions = cluster.everywhere(installed)
        for worker in cluster.workers:
            found = versions[worker.address]
            version = found if isinstance(found, str) else None
            yield ClusterWorker(*worker, version)


def _packages() -> Iterator[Package]:
    """The versions of the installed packages, without importing them."""
    from importlib.metadata import PackageNotFoundError, version

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
    """The CUDA devices, or the reason why there are none."""
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
                yield cached.replace(level=f"size of the last cache ({cached.level})")
            yield device.limits()[0]
        except (LossCliError, RuntimeError) as error:
            what = str(error).splitlines()[0][:200]
            notes.append(Note("not_measured", f"{name} could not be measured: {what}"))


def _noise_floor() -> float | None:
    plan = BenchPlan(
        loss="mae", impl="numpy", size=_NOISE_ELEMENTS, passes="forward", time=_NOISE_S
    )
    return measure(plan, no_progress).noise_floor
