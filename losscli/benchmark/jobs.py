"""`Job`: one workload in one setting, and the implementations that are timed on it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from losscli.benchmark.callers import LocalPlace, Place
from losscli.benchmark.devices import Device, open_device
from losscli.benchmark.isolation import WorkerPlace
from losscli.benchmark.versions import Version
from losscli.benchmark.workloads import fits, losses_of, workload_of, workload_of_words
from losscli.checks.precision import precision
from losscli.errors import LossCliError, MissingError, UsageError
from losscli.implementations.implementation import Runner, Setting, UnsupportedError, Workload
from losscli.implementations.registry import Implementation, libraries, parse
from losscli.losses.spec.binding import BindContext, BoundLoss
from losscli.plans.bench import DEFAULT_LOSSES, BenchPlan
from losscli.sources.opener import read_array

_DEFAULT_SIZE = {"cpu": 1 << 22, "cuda": 1 << 26}
_DEFAULT_IMPL = {"cpu": ("numpy", "torch"), "cuda": ("torch", "torch.compile")}


class Candidate(NamedTuple):
    """An implementation that is prepared for a workload, and where it lives.

    baseline: the name of the one that its speed-up is over; empty for the first of the job.
    """

    implementation: Implementation
    runner: Runner
    place: Place
    baseline: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A workload in a setting, with the implementations that have it.

    directions: False for forward, True for forward+backward. isolated: True if each implementation
    has a process of its own.
    """

    workload: Workload
    setting: Setting
    device: Device
    candidates: list[Candidate]
    directions: tuple[bool, ...]
    isolated: bool = True


@dataclass(slots=True)
class Jobs:
    """All jobs of a benchmark; left_out: the names that are not run, with the reasons.

    version: another one of the implementations, of which each has its baseline.

    Raises UsageError for a plan that makes no sense, MissingError if a named device or library is
    absent or no job is left.
    """

    plan: BenchPlan
    threads: int
    version: Version | None = None
    left_out: dict[tuple[str, str], None] = field(default_factory=dict)
    _places: dict[tuple[str, str], Place] = field(default_factory=dict)

    def _baseline(
        self, implementation: Implementation, workload: Workload, setting: Setting
    ) -> Candidate | None:
        """The other version of an implementation; None if none is requested.

        Raises UsageError or MissingError, whose place names the version, as it does there.
        """
        version = self.version
        if version is None:
            return None
        reference = implementation.reference
        one = implementation._replace(
            text=f"{implementation.text}@{version.name}",
            reference=None if reference is None else version.at(reference),
        )
        key = one.text, setting.device
        place = self._places.get(key) or WorkerPlace(
            one, setting.threads, elsewhere=True, **version.process
        )
        self._places[key] = place
        try:
            return Candidate(one, place.prepare(workload, setting), place, one.text)
        except (UsageError, MissingError) as error:
            where = f"{version.name}: {error.place}" if error.place else version.name
            raise type(error)(error.message, place=where, hint=error.hint) from error

    def environment(self) -> dict[str, Any]:
        """The versions of packages in the processes of this version."""
        return self._environment(lambda name: not self._is_baseline(name))

    def environment_of_version(self) -> dict[str, Any]:
        """The versions of packages in the processes of the other version."""
        return self._environment(self._is_baseline)

    def _environment(self, wanted: Callable[[str], bool]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for (name, _), place in self._places.items():
            found |= place.environment() if wanted(name) else {}
        return found

    def _is_baseline(self, name: str) -> bool:
        return self.version is not None and name.endswith(f"@{self.version.name}")

    def close(self) -> None:
        """End all processes."""
        for place in self._places.values():
            place.close()

    def _place(self, implementation: Implementation, workload: Workload, setting: Setting) -> Place:
        """Where an implementation lives: one place for all workloads of a device."""
        own = isolated(self.plan, setting.device) and portable(workload)
        key = implementation.text, setting.device if own else ""
        if key not in self._places:
            self._places[key] = (
                WorkerPlace(implementation, setting.threads) if own else LocalPlace(implementation)
            )
        return self._places[key]

    def prepare(self) -> list[Job]:
        """The jobs, in the order of the rows; their libraries are imported."""
        plan = self.plan
        losses = losses_of(plan.loss or DEFAULT_LOSSES, BindContext(read_array, plan.at))
        for name in plan.dtype:
            precision(name)
        jobs: list[Job] = []
        for name in plan.device:
            device = open_device(name, self.threads, plan.cache)
            implementations = self._implementations(device.kind, losses)
            for dtype in plan.dtype:
                setting = Setting(name, dtype, self.threads)
                for workload in self._workloads(losses, device.kind):
                    jobs += self._jobs(workload, setting, device, implementations)
        if not jobs:
            reasons = "; ".join(f"{impl}: {reason}" for impl, reason in self.left_out)
            raise MissingError("there is nothing to benchmark", place=reasons or None)
        return jobs

    def _workloads(self, losses: Sequence[BoundLoss], kind: str) -> Iterator[Workload]:
        default = _DEFAULT_SIZE.get(kind, 1 << 22)
        for loss in losses:
            sizes = [size for size in self.plan.size if fits(size, loss)]
            for size in sizes:
                yield workload_of(loss, size, default)
            if not self.plan.size:
                yield workload_of(loss, None, default)
            elif not sizes:
                if len(losses) == 1:
                    workload_of(loss, self.plan.size[0], 0)  # raises the reason
                reason = f"no --size for it among {', '.join(self.plan.size)}"
                self.left_out[loss.label, reason] = None

    def _jobs(
        self,
        workload: Workload,
        setting: Setting,
        device: Device,
        implementations: Sequence[Implementation],
    ) -> Iterator[Job]:
        candidates = list(self._candidates(implementations, workload, setting))
        directions = self._directions(candidates)
        if directions:
            own = isolated(self.plan, setting.device) and portable(workload)
            yield Job(workload, setting, device, candidates, directions, own)
        elif candidates:
            self.left_out[workload.label, "no backward pass: --pass forward"] = None

    def _directions(self, candidates: Sequence[Candidate]) -> tuple[bool, ...]:
        """The requested directions that some implementation has; True is forward+backward."""
        requested = {"forward": (False,), "forward+backward": (True,), "both": (False, True)}
        backward = any(one.runner.both is not None for one in candidates)
        directions = requested[self.plan.passes]
        return tuple(both for both in directions if candidates and (backward or not both))

    def _implementations(self, kind: str, losses: Sequence[BoundLoss]) -> list[Implementation]:
        names: list[str] = []
        for text in self.plan.impl or _DEFAULT_IMPL.get(kind, ("torch",)):
            names += sorted(libraries(), key=_order) if text == "all" else [text]
        implementations = [parse(name, self.plan.at) for name in dict.fromkeys(names)]
        known = {name for loss in losses for name in (loss.loss.name, loss.label)}
        for one in implementations:
            if one.loss is not None and one.loss not in known:
                raise UsageError(
                    f"{one.text} is bound to {one.loss}, which is not benchmarked",
                    hint=f"-l {one.loss}",
                )
            if one.reference is not None and one.loss is None and len(losses) != 1:
                raise UsageError(
                    f"{one.text} is bound to no loss, and there are {len(losses)}",
                    hint=f"name one: -l LOSS, or --impl LOSS={one.text}",
                )
        return implementations

    def _candidates(
        self, implementations: Sequence[Implementation], workload: Workload, setting: Setting
    ) -> Iterator[Candidate]:
        for one in implementations:
            if one.loss not in (None, workload.name, workload.label):
                continue
            try:
                baseline = self._baseline(one, workload, setting)
                if baseline is not None:
                    yield baseline
                place = self._place(one, workload, setting)
                name = "" if baseline is None else baseline.implementation.text
                yield Candidate(one, place.prepare(workload, setting), place, name)
            except UnsupportedError as reason:
                self.left_out[one.text, str(reason)] = None
            except MissingError as error:
                if one.text in self.plan.impl:
                    raise
                self.left_out[one.text, error.message] = None


def portable(workload: Workload) -> bool:
    """True if another process can make the workload from its words, and so not from an object."""
    try:
        return workload_of_words(workload.words, workload.shape).name == workload.name
    except LossCliError:
        return False


def isolated(plan: BenchPlan, device: str) -> bool:
    """True if implementations on a device get processes of their own."""
    return not plan.in_process and device == "cpu"


def _order(name: str) -> tuple[bool, bool, str]:
    return name != "numpy", not name.startswith("torch"), name
