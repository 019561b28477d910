"""The page of a diagnosis of this machine: hardware, packages, measured peak rates."""

from collections.abc import Iterator

from losscli.render.page import Page, ReportCase, Table, TableRow
from losscli.results.documents.doctor import Diagnosis
from losscli.results.text import escape
from losscli.stats.formatting import duration


def page(result: Diagnosis) -> Page:
    """The page of a diagnosis."""
    tables = [_machine(result), _packages(result)]
    if result.workers:
        tables.append(_workers(result))
    if result.limits:
        tables.append(_limits(result))
    return Page((), tables, list(_footer(result)), [note.message for note in result.notes])


def report_cases(result: Diagnosis) -> list[ReportCase]:
    """One case, which passes: a machine that lacks something has no fault."""
    cores = f"{result.cores} cores"
    return [ReportCase("machine diagnosed", "pass", f"{result.processor}, {cores}")]


def _machine(result: Diagnosis) -> Table:
    of = f" of {result.cores_of_machine}" if result.cores != result.cores_of_machine else ""
    caches = ", ".join(f"{name} {_bytes(size)}" for name, size in result.caches.items())
    memory = "unknown" if result.memory_bytes is None else _bytes(result.memory_bytes)
    if result.free_bytes is not None:
        memory += f", {_bytes(result.free_bytes)} free"
    lines = [
        ("system", "{system} {machine}, Python {python}".format_map(result.environment)),
        ("processor", f"{result.processor}, {result.cores}{of} cores"),
        ("caches", caches or "unknown"),
        ("memory", memory),
        ("kernels", _kernels(result)),
        ("C++ compiler", result.compiler or "none: torch.compile needs one on the CPU"),
    ]
    lines += [
        (each.name, f"{each.model}, {_bytes(each.memory_bytes)}, capability {each.capability}")
        for each in result.cuda
    ]
    if not result.cuda:
        lines.append(("CUDA", f"none: {result.no_cuda}"))
    cells = [TableRow((name, escape(value))) for name, value in lines]
    return Table(("machine", ""), cells)


def _kernels(result: Diagnosis) -> str:
    if result.instruction_set:
        return f"compiled, {result.instruction_set}"
    return "none: NumPy computes every loss"


def _packages(result: Diagnosis) -> Table:
    lines = []
    for each in result.packages:
        cells = (each.name, escape(each.version or "absent"), each.use)
        lines.append(TableRow(cells, "" if each.version else "dim"))
    return Table(("package", "version", "for"), lines)


def _workers(result: Diagnosis) -> Table:
    lines = []
    for each in result.workers:
        memory = "no limit" if each.memory_bytes is None else _bytes(each.memory_bytes)
        version = each.version or "cannot be imported"
        lines.append(TableRow((escape(each.address), f"{each.threads}", memory, version)))
    return Table(("worker", "threads", "memory", "losscli"), lines, (1,))


def _limits(result: Diagnosis) -> Table:
    lines = []
    for each in result.limits:
        rates = (f"{rate:.4g} GB/s" for rate in (each.read_gb_per_s, each.copy_gb_per_s))
        launch = "-" if each.launch_s is None else duration(each.launch_s)
        lines.append(TableRow((f"{each.device}, {each.level}", *rates, launch)))
    return Table(("measured peak", "read", "copy", "launch"), lines, (1, 2, 3))


def _footer(result: Diagnosis) -> Iterator[str]:
    if result.quick:
        yield "not measured with --quick: peak bandwidth, noise floor"
    elif result.noise_floor is not None:
        share = 100 * result.noise_floor
        words = f"{share:.2g}" if share < 99.5 else f"{share:.0f}"
        yield f"noise floor {words} % (A/A: mae by numpy against itself)"


def _bytes(count: int) -> str:
    for unit, power in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if count >= 1 << power:
            return f"{count / (1 << power):.4g} {unit}"
    return f"{count} B"
