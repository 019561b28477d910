"""`run --print-config`: the value of each flag and its origin."""

from collections.abc import Mapping
from typing import Any

from losscli.config.layers import Value
from losscli.config.model import BenchFlags, EvalFlags
from losscli.config.plan import RunPlan, Step
from losscli.results.documents.settings import Setting, SettingsListing

_WHERE = {"eval": "evals", "bench": "benches"}
_WHOLE = ("baseline", "on_undecided", "gates", "outputs")


def settings(plan: RunPlan) -> SettingsListing:
    """Each value and its origin: `--set`, an environment variable, a line, or built in."""
    found: dict[str, Value] = {}
    for step in plan.steps:
        start = f"{_WHERE[step.kind]}.{step.name}."
        found |= {key: value for key, value in plan.values.items() if key.startswith(start)}
        found |= _built_in(step, start, plan.values)
    found |= {key: value for key, value in plan.values.items() if key.split(".")[0] in _WHOLE}
    found.setdefault("on_undecided", Value(plan.on_undecided, "built in"))
    rows = [Setting(key, _plain(value.value), value.origin) for key, value in found.items()]
    return SettingsListing(rows=tuple(rows), notes=plan.notes)


def _built_in(step: Step, start: str, known: Mapping[str, Value]) -> dict[str, Value]:
    """The flags of a run that nobody set, as its plan has them."""
    model: Any = EvalFlags if step.kind == "eval" else BenchFlags
    keys = {name: f"{start}{field.alias or name}" for name, field in model.model_fields.items()}
    return {
        key: Value(getattr(step.plan, name), "built in")
        for name, key in keys.items()
        if key not in known
    }


def _plain(value: Any) -> Any:
    """The value for a document."""
    return list(value) if isinstance(value, tuple) else value
