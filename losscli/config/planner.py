"""Makes a `RunPlan` from a config, and reports all its faults at once."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from losscli.config.document import ConfigError, Fault, Keys, read
from losscli.config.gates import gate_of_model
from losscli.config.layers import PLANS, SECTIONS, Kind, Layers, Value, layered
from losscli.config.model import (
    FLAGS,
    BenchFlags,
    CompareData,
    CompareFlags,
    Config,
    Data,
    EvalFlags,
)
from losscli.config.model import Gate as GateModel
from losscli.config.plan import AnyGate, RunPlan, Step
from losscli.config.wording import faults_of, keys_of, known_part
from losscli.errors import LossCliError, UsageError
from losscli.gates import Gate, parse_bound
from losscli.losses.spec.binding import BindContext, bind
from losscli.losses.spec.user_code import granted
from losscli.plans.bench import BenchPlan
from losscli.plans.compare import ComparePlan
from losscli.plans.evaluate import EvalPlan
from losscli.plans.flags import FlagError, declaration
from losscli.plans.spelling import nearest, respell
from losscli.render.formats import of_path
from losscli.results.document import Note
from losscli.sources.files import STANDARD_INPUT, is_url
from losscli.sources.formats import suffixes
from losscli.sources.opener import read_array


def plan_of(
    path: str,
    settings: Sequence[str] = (),
    only: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> RunPlan:
    """The plan of a config; only: the runs to keep, by default all.

    Raises ConfigError with all faults at once, UsageError, DataError where the file cannot be read.
    """
    layers = layered(read(path), settings, os.environ if environment is None else environment)
    return _Planner(layers, tuple(settings), tuple(only)).plan()


def plans_of(
    paths: Sequence[str], settings: Sequence[str] = (), only: Sequence[str] = ()
) -> list[RunPlan]:
    """The plans of several configs.

    Raises ConfigError with all faults of all of them; else as `plan_of`.
    """
    plans, errors = [], []
    for path in paths:
        try:
            plans.append(plan_of(path, settings, only))
        except ConfigError as error:
            errors.append(error)
    if errors:
        raise ConfigError.of_several(errors)
    return plans


def _left_out(steps: Sequence[Step]) -> Iterator[Note]:
    gates = sum(len(step.gates) for step in steps)
    if steps:
        runs = f"{len(steps)} run{'' if len(steps) == 1 else 's'}"
        theirs = f"{gates} gate{'' if gates == 1 else 's'}"
        yield Note("only", f"--only leaves out {runs} with {theirs}")


class _Planner:
    def __init__(self, layers: Layers, settings: tuple[str, ...], only: tuple[str, ...]) -> None:
        self.layers = layers
        self.document = layers.document
        self.settings = settings
        self.only = only
        self.folder = os.path.dirname(layers.document.path)  # noqa: PTH120
        self.places = BindContext(read_array, self._read)
        self.faults: list[Fault] = []
        self.reads: list[str] = []
        self.values: dict[str, Value] = {}

    def plan(self) -> RunPlan:
        config = self._model()
        steps = [*self._evals(config), *self._benches(config), *self._comparisons(config)]
        if not steps and not self.faults:
            self._add_fault((), "nothing to run", "add evals:, benches: or comparisons:")
        names: list[str] = []
        for section in SECTIONS.values():
            for name in getattr(config, section):
                if name in names:
                    self._add_fault((section, name), f"duplicate run {name}", "rename one")
                names.append(name)
        for name in self.only:
            if name not in names:
                raise UsageError(f"--only {name}: unknown run", hint=nearest(name, names))
        steps, stray = self._with_gates(config, steps, names)
        for at, output in enumerate(config.outputs or ()):
            self._attempt(("outputs", at), lambda output=output: of_path(output))
        if self.faults:
            raise ConfigError(self.document.path, self.faults)
        for key in ("baseline", "on_undecided", "outputs", "gates"):
            self._note_value((key,))
        kept = [step for step in steps if not self.only or step.name in self.only]
        unknown = self.layers.misspelled({kind: keys_of(FLAGS[kind]) for kind in PLANS})
        notes = [Note("setting", f"{name} is not a setting") for name in unknown]
        return RunPlan(
            path=self.document.path,
            text=self.document.text,
            settings=self.settings,
            steps=tuple(kept),
            stray=tuple(stray),
            baseline=None if config.baseline is None else self._path(config.baseline),
            outputs=tuple(config.outputs or ()),
            on_undecided=config.on_undecided,
            reads=tuple(self.reads),
            values=self.values,
            notes=(*notes, *_left_out([step for step in steps if step not in kept])),
        )

    def _model(self) -> Config:
        from pydantic import ValidationError

        if not isinstance(self.layers.data, dict):
            self._add_fault((), "a config is a mapping", "its first line is version: 1")
            raise ConfigError(self.document.path, self.faults)
        try:
            return Config.model_validate(self.layers.data)
        except ValidationError as error:
            self.faults += faults_of(error, self.document, self.layers.data)
            raise ConfigError(self.document.path, self.faults) from None

    def _evals(self, config: Config) -> Iterator[Step]:
        for name, part in config.evals.items():
            keys: Keys = ("evals", name)
            if not self._has_its_data(keys, part, config):
                continue
            flags = self._flags("eval", name, [*keys_of(EvalFlags), *keys_of(Data)], part)
            given = self._checked(EvalFlags, keys, flags) | self._checked(Data, keys, flags)
            if "preds" not in given:
                self._add_fault(keys, f"{name} has no predictions", "data: NAME, or preds: FILE")
                continue
            statistics = self._statistics(keys, part, given.get("like"))
            if statistics is None:
                continue
            extra = {} if part.per_sample is None else {"per_sample": part.per_sample}
            plan = self._planned(
                EvalPlan, keys, {**self._located(given), **extra, **statistics, "digest": True}
            )
            for key in ("losses", "metrics", "max", "min", "gates", "per_sample"):
                self._note_value((*keys, key))
            gates = tuple(self._bounds(keys, name, part))
            yield Step(name, "eval", plan, gates)

    def _benches(self, config: Config) -> Iterator[Step]:
        for name, part in config.benches.items():
            keys: Keys = ("benches", name)
            flags = self._flags("bench", name, keys_of(BenchFlags), part)
            given = self._checked(BenchFlags, keys, flags)
            given["folder"] = self.folder
            if part.losses is not None:
                given["loss"] = part.losses
            if part.plot is not None:
                given["plot"] = part.plot
            for key in ("losses", "gates", "plot"):
                self._note_value((*keys, key))
            plan = self._planned(BenchPlan, keys, given)
            if plan is not None:
                self._check_bench(keys, plan)
            yield Step(name, "bench", plan)

    def _comparisons(self, config: Config) -> Iterator[Step]:
        for name, part in config.comparisons.items():
            keys: Keys = ("comparisons", name)
            if not self._has_its_data(keys, part, config):
                continue
            wanted = [*keys_of(CompareFlags), *keys_of(CompareData), "preds"]
            flags = self._flags("compare", name, wanted, part)
            given = self._checked(CompareFlags, keys, flags)
            given |= self._checked(CompareData, keys, flags)
            models = self._models(part.models, flags.get("preds"))
            if not models:
                self._add_fault(
                    keys, f"{name} has no models", "models: {NAME: FILE}, or preds: and pred:"
                )
                continue
            self._check_data_of_comparison(part, config)
            statistics = self._statistics(keys, part, given.get("like"))
            if statistics is None:
                continue
            for key in ("baseline", "plot"):
                if getattr(part, key) is not None:
                    given[key] = getattr(part, key)
            plan = self._planned(
                ComparePlan,
                keys,
                {**self._located(given), **statistics, "models": models, "digest": True},
            )
            if plan is not None:
                self._attempt(keys, lambda plan=plan: plan.entries)
                self._attempt((*keys, "metrics"), lambda plan=plan: _check_metrics(plan))
            for key in ("models", "losses", "metrics", "baseline", "plot", "gates"):
                self._note_value((*keys, key))
            yield Step(name, "compare", plan)

    def _check_data_of_comparison(self, part: Any, config: Config) -> None:
        """Report the keys of a data set that a comparison cannot follow."""
        given = config.data[part.data].model_fields_set if part.data is not None else ()
        for key in sorted({*given} - {*CompareData.model_fields, "preds"}):
            at: Keys = ("data", part.data, key)
            self._add_fault(
                at, f"comparisons do not take {key}", "give them a data set of their own"
            )

    def _models(self, models: Any, table: str | None) -> Any:
        """The files of models, relative to the config, or the one table of all."""
        if models is None:
            return None if table is None else (self._path(table),)
        if isinstance(models, Mapping):
            return {name: self._path(path) for name, path in models.items()}
        return tuple(map(self._path, models))

    def _has_its_data(self, keys: Keys, part: Any, config: Config) -> bool:
        """True unless a run names a data set that is unknown, which is reported."""
        if part.data is None or part.data in config.data:
            return True
        near = nearest(part.data, list(config.data))
        self._add_fault((*keys, "data"), f"unknown data set {part.data!r}", near)
        return False

    def _located(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a run, with the paths among them relative to the config."""
        found = dict(given)
        for key in ("preds", "targets"):
            if key in found:
                found[key] = self._path(found[key])
        for key in ("rows", "weights", "by", "cluster"):
            if key in found:
                found[key] = self._column_or_path(found[key])
        return found

    def _statistics(self, keys: Keys, part: Any, like: str | None) -> dict[str, Any] | None:
        """The losses and metrics of a run; None where it has none, which is reported."""
        if part.losses is None and part.metrics is None:
            self._add_fault(keys, f"{'.'.join(map(str, keys))}.losses is missing", "losses: [mse]")
            return None
        losses = self._losses((*keys, "losses"), part.losses or (), like)
        metrics = self._metrics((*keys, "metrics"), part.metrics or (), losses)
        return {"loss": losses, "metric": metrics}

    def _check_bench(self, keys: Keys, plan: BenchPlan) -> None:
        """Report invalid losses, implementations, sizes and types before any run has begun."""
        from losscli.benchmark.workloads import is_size, losses_of
        from losscli.checks.precision import precision
        from losscli.implementations.registry import parse as implementation

        asked: dict[str, Callable[[Any], Any]] = {
            "loss": lambda spec: losses_of([spec], self.places),
            "impl": lambda name: _permitted(
                None if name == "all" else implementation(name, plan.at)
            ),
            "size": is_size,
            "dtype": precision,
        }
        for flag, action in asked.items():
            for item in getattr(plan, flag):
                where = "losses" if flag == "loss" else flag
                self._attempt((*keys, where), lambda a=action, i=item: a(i))

    def _note_value(self, keys: Keys) -> None:
        """Record the value at some keys and its origin, to be shown; gates one by one."""
        found = self.layers.at(keys)
        if keys[-1] == "gates":
            for at, gate in enumerate(found or ()):
                mark = self.layers.origin((*keys, at))
                self.values[".".join(map(str, (*keys, at)))] = Value(gate, mark)
        elif found is not None:
            self.values[".".join(map(str, keys))] = Value(found, self.layers.origin(keys))

    def _flags(self, kind: Kind, name: str, flags: Sequence[str], part: Any) -> dict[str, Any]:
        """The values of flags, each from its strongest layer."""
        data = getattr(part, "data", None)
        found = {}
        for flag in flags:
            inherited: list[Keys] = [("data", data, flag)] if data else []
            value = self.layers.pick(kind, name, flag, inherited)
            if value is not None:
                found[flag] = value.value
                self.values[f"{SECTIONS[kind]}.{name}.{flag}"] = value
        return found

    def _checked(self, model: Any, keys: Keys, flags: Mapping[str, Any]) -> dict[str, Any]:
        """The flags that a model has, converted for the plan."""
        from pydantic import ValidationError

        mine = {flag: v for flag, v in flags.items() if flag in keys_of(model)}
        try:
            found = model.model_validate(mine)
        except ValidationError as error:
            for fault in faults_of(error, self.document, self.layers.data, keys):
                name = str(error.errors()[0]["loc"][0])
                origin = self.values[".".join(map(str, (*keys, name)))].origin
                self.faults.append(fault._replace(hint=f"it is from {origin}"))
            return {}
        return {name: getattr(found, name) for name in found.model_fields_set}

    def _losses(self, keys: Keys, specs: Sequence[str], like: str | None) -> list[Any]:
        """The losses of specs, with arrays read relative to the config."""
        from losscli.metrics.losses import bind_losses

        bound_losses: list[Any] = []
        for at, spec in enumerate(specs):
            found = self._attempt(
                (*keys, at), lambda spec=spec: bind_losses(spec, self.places, like)
            )
            bound_losses += found or []
        if not self.faults:
            self._attempt(keys, lambda: bind(bound_losses, self.places))
        return bound_losses

    def _metrics(self, keys: Keys, specs: Sequence[str], losses: Sequence[Any]) -> list[Any]:
        """The metrics of specs, whose labels no loss has."""
        from losscli.metrics.binding import bind_with_losses

        found: list[Any] = []
        for at, spec in enumerate(specs):
            one = self._attempt((*keys, at), lambda s=spec: bind_with_losses(s, losses, self._read))
            found += one or []
        if not self.faults and found:
            self._attempt(keys, lambda: bind_with_losses(found, losses))
        return found

    def _read(self, path: str) -> str:
        """The path of a file that losses name; no output may be written over it."""
        self.reads.append(self._path(path))
        return self.reads[-1]

    def _planned(self, plan: Any, keys: Keys, given: Mapping[str, Any]) -> Any:
        """A plan; an error is reported at the key of its flag. None where there is one."""
        try:
            return plan(**given)
        except UsageError as error:
            respell(error, plan, "yaml")
            key = declaration(plan, error.flag).key if isinstance(error, FlagError) else ""
            at = (*keys, key) if self.layers.at((*keys, key)) is not None else keys
            origin = self.values.get(".".join(map(str, (*keys, key))))
            hint = error.hint or (f"it is from {origin.origin}" if origin else "")
            self._add_fault(at, error.message, hint)
            return None

    def _bounds(self, keys: Keys, run: str, part: Any) -> Iterator[Gate]:
        for key, op in (("max", "<="), ("min", ">=")):
            for at, text in enumerate(getattr(part, key) or ()):
                found = self._attempt((*keys, key, at), lambda t=text, o=op: parse_bound(t, o))
                if found is not None:
                    yield found._replace(run=run)

    def _with_gates(
        self, config: Config, steps: Sequence[Step], names: Sequence[str]
    ) -> tuple[list[Step], list[AnyGate]]:
        listed: list[tuple[Keys, str | None, GateModel]] = [
            ((section, name, "gates", at), name, gate)
            for section in SECTIONS.values()
            for name, part in getattr(config, section).items()
            for at, gate in enumerate(part.gates)
        ]
        listed += [(("gates", at), None, gate) for at, gate in enumerate(config.gates)]
        gates: dict[str, list[AnyGate]] = {name: [] for name in names}
        stray: list[AnyGate] = []
        known = {step.name: step for step in steps}
        for keys, inside, model in listed:
            run = self._run_of(keys, inside, model, names)
            if run is None or (run in gates and run not in known):  # that run has a fault already
                continue
            make = lambda m=model, r=run: gate_of_model(m, r, known.get(r), self._path)  # noqa: E731
            gate = self._attempt(keys, make)
            if gate is not None and run in gates:
                gates[run].append(gate)
            elif gate is not None:
                stray.append(gate)
        found = [step._replace(gates=(*step.gates, *gates[step.name])) for step in steps]
        return found, stray

    def _run_of(
        self, keys: Keys, inside: str | None, gate: GateModel, names: Sequence[str]
    ) -> str | None:
        """The run of a gate; None where it is invalid, which is reported."""
        if (gate.expect is None) == (gate.not_worse_than is None):
            self._add_fault(keys, "a gate needs expect: or not_worse_than:", 'expect: "mse <= 0.5"')
            return None
        if inside is not None and gate.run not in (None, inside):
            self._add_fault((*keys, "run"), f"this gate is part of {inside}", "remove run:")
            return None
        run = inside or gate.run or (names[0] if len(names) == 1 else None)
        if run is None:
            self._add_fault(keys, "the gate names no run", f"run: {names[0]}")
        return run

    def _attempt(self, keys: Keys, action: Any) -> Any:
        """The result of an action; None where it fails, which is reported."""
        try:
            return action()
        except LossCliError as error:
            if error.exit_code not in (2, 3):
                raise
            where = f" ({error.place})" if error.place else ""
            self._add_fault(keys, f"{error.message}{where}", error.hint)
            return None

    def _add_fault(self, keys: Keys, message: str, hint: str = "") -> None:
        mark = self.document.mark(known_part(self.layers.data, keys))
        self.faults.append(Fault(mark, message, hint))

    def _path(self, path: str) -> str:
        """A path as seen from the current folder; what is not below a folder as it is."""
        if path == STANDARD_INPUT or is_url(path):
            return path
        return os.path.normpath(os.path.join(self.folder, path))  # noqa: PTH118

    def _column_or_path(self, value: Any) -> Any:
        """A column as it is; a name that can only be a file, relative to the config."""
        if isinstance(value, tuple):
            return tuple(map(self._column_or_path, value))
        if "/" in value or os.path.splitext(value)[1].lower() in suffixes():  # noqa: PTH122
            path = self._path(value)
            return path if os.path.isabs(path) or is_url(path) else os.path.join(".", path)  # noqa: PTH117, PTH118
        return value


def _check_metrics(plan: ComparePlan) -> None:
    """Raise UsageError for a metric whose models cannot be compared."""
    if plan.metric:
        from losscli.comparison.metric_pairs import check_comparable

        check_comparable(plan.metric)


def _permitted(implementation: Any) -> Any:
    """An implementation; raises UsageError for a user's function where those are refused."""
    if implementation is not None and implementation.reference is not None:
        granted(implementation.reference)
    return implementation
