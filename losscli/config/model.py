"""The model of a config: its keys and the kinds of their values; its JSON Schema follows.

The keys of flags are made from the plans, whose fields declare them.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, create_model

from losscli.gates import GateLevel, Policy
from losscli.plans.bench import BenchPlan
from losscli.plans.compare import ComparePlan
from losscli.plans.evaluate import EvalPlan
from losscli.plans.flags import Declaration, declarations

_NAME = r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$"


def _several(value: Any) -> Any:
    """A tuple of texts; one text is a tuple of one."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise ValueError("expected a text or a list of texts")


def _columns(value: Any) -> Any:
    """The columns of a model, or a list for each of several models: `[[a], [b]]`."""
    if isinstance(value, list) and any(isinstance(each, list) for each in value):
        return tuple(map(_several, value))
    return _several(value)


def _numbers(value: Any) -> Any:
    """Sizes may be numbers: `size: [1e6]`."""
    items = value if isinstance(value, list) else [value]
    plain = [str(i) if isinstance(i, int | float) and not isinstance(i, bool) else i for i in items]
    return _several(plain)


def _share(value: Any) -> Any:
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        return value
    raise ValueError("expected a number such as 0.95, or a percentage such as 95%")


def _losses(value: Any) -> Any:
    """Specs as on the command line, or mappings such as {smooth_l1: {beta: 0.5}}, as specs."""
    items = value if isinstance(value, list) else [value]
    if not items:
        raise ValueError("expected at least one loss or metric")
    return tuple(map(_loss, items))


def _loss(item: Any) -> str:
    if isinstance(item, str):
        return item
    if isinstance(item, Mapping) and len(item) == 1:
        ((name, params),) = item.items()
        if isinstance(params, Mapping):
            words = ",".join(f"{key}={_parameter(value)}" for key, value in params.items())
            return f"{name}:{words}" if words else name
    raise ValueError("expected a text, or {NAME: {PARAMETER: value}}")


def _parameter(value: Any) -> str:
    if isinstance(value, Mapping) and list(value) == ["file"] and isinstance(value["file"], str):
        return f"@{value['file']}"
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    if isinstance(value, int | float | str) and not set(",=") & set(str(value)):
        return str(value)
    raise ValueError("expected a number, a word, true, false, null or {file: NAME} as a parameter")


def _models(value: Any) -> Any:
    """Files of predictions by the names of their models, or a list of files."""
    if isinstance(value, Mapping) and all(isinstance(each, str) for each in value.values()):
        return {str(name): path for name, path in value.items()}
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value)
    raise ValueError("expected {NAME: FILE, ...} or a list of files")


def _gate(value: Any) -> Any:
    return {"expect": value} if isinstance(value, str) else value


_TEXTS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
_COLUMNS = {"anyOf": [{"type": "string"}, {"type": "array", "items": _TEXTS}]}
_SHARE = {"type": ["number", "string"]}
_LOSSES = {
    "type": "array",
    "minItems": 1,
    "items": {
        "anyOf": [
            {"type": "string"},
            {"type": "object", "minProperties": 1, "maxProperties": 1},
        ]
    },
}

Name: TypeAlias = Annotated[str, Field(pattern=_NAME)]
Texts: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(_several), WithJsonSchema(_TEXTS)]
Columns: TypeAlias = Annotated[Any, BeforeValidator(_columns), WithJsonSchema(_COLUMNS)]
Sizes: TypeAlias = Annotated[
    tuple[str, ...],
    BeforeValidator(_numbers),
    WithJsonSchema({"type": ["string", "number", "array"]}),
]
Share: TypeAlias = Annotated[Any, BeforeValidator(_share), WithJsonSchema(_SHARE)]
Losses: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(_losses), WithJsonSchema(_LOSSES)]
_MODELS = {
    "anyOf": [
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "array", "items": {"type": "string"}},
    ]
}
Models: TypeAlias = Annotated[Any, BeforeValidator(_models), WithJsonSchema(_MODELS)]
Count: TypeAlias = Annotated[int, Field(ge=0)]


class Part(BaseModel):
    """A mapping of known keys; missing keys default to None."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NotWorse(Part):
    """Reference predictions: the run's own must not be worse by more than a margin."""

    preds: str | None = Field(None, description="A file of predictions of the same targets.")
    pred: Texts | None = Field(None, description="Their columns; without preds, of the run's own.")
    margin: Share = Field("0%", description="1% of their mean, or a number in the loss's unit.")


class Gate(Part):
    """A gate: the condition, its run and its level."""

    expect: str | None = Field(None, description='Such as "mse.ci_high <= 0.3".')
    run: str | None = Field(None, description="The evaluation or benchmark that the gate is of.")
    level: GateLevel | None = Field(None, description="warn never changes the exit code.")
    loss: str | None = Field(None, description="The label of the loss, for not_worse_than.")
    not_worse_than: NotWorse | None = Field(None, description="A paired comparison of models.")


Gates: TypeAlias = list[Annotated[Gate, BeforeValidator(_gate)]]


def _flags(name: str, doc: str, plans: Sequence[type[Any]], place: str, base: Any = Part) -> Any:
    """A model of the flags that have a place in YAML; of two plans' flags the first one counts."""
    found: dict[str, Any] = {}
    for each in (flag for plan in plans for flag in declarations(plan)):
        if place in each.flag.config.split() and each.name not in found:
            alias = each.key if each.key != each.name else None
            described = Field(None, description=each.flag.help, alias=alias)
            found[each.name] = (_type(each) | None, described)
    return create_model(name, __base__=base, __doc__=doc, **found)


def _type(each: Declaration) -> Any:
    """The type of a flag's value in YAML; the plan checks its choices."""
    if each.several:
        models = each.flag.combine == "models"
        return Sizes if each.name == "size" else Columns if models else Texts
    simple: dict[str, Any] = {
        "switch": bool, "count": Count, "number": float, "share": Share
    }  # fmt: skip
    if each.choices:
        return Annotated[str, WithJsonSchema({"type": "string", "enum": list(each.choices)})]
    return simple.get(each.kind, str)


# Where predictions, targets and what goes with them are; paths are relative to the file.
Data: Any = _flags("Data", "The files and columns of an evaluation.", [EvalPlan], "data")
EvalFlags: Any = _flags("EvalFlags", "The flags of evaluations.", [EvalPlan], "run")
BenchFlags: Any = _flags("BenchFlags", "The flags of benchmarks.", [BenchPlan], "run")
CompareData: Any = _flags(
    "CompareData", "The files and columns of a comparison.", [ComparePlan], "data"
)
CompareFlags: Any = _flags("CompareFlags", "The flags of comparisons.", [ComparePlan], "run")
FLAGS: Mapping[str, Any] = {"eval": EvalFlags, "bench": BenchFlags, "compare": CompareFlags}


class _Eval(Part):
    data: str | None = Field(None, description="The name of a data set.")
    losses: Losses | None = Field(
        None, description="Specs of losses, or {NAME: {PARAMETER: value}}."
    )
    metrics: Losses | None = Field(None, description="Specs of metrics, in the same form.")
    gates: Gates = Field([], description="Gates on this evaluation.")


class _Bench(Part):
    losses: Losses | None = Field(None, description="Default: the losses of `losscli bench`.")
    gates: Gates = Field([], description="Gates on this benchmark.")


class _Comparison(Part):
    data: str | None = Field(None, description="The name of a data set.")
    models: Models | None = Field(None, description="Files of predictions, by name or in a list.")
    preds: str | None = Field(
        None, description="A table of the predictions of all models; pred: one for each model."
    )
    losses: Losses | None = Field(None, description="Specs of losses, as of an evaluation.")
    metrics: Losses | None = Field(None, description="Specs of metrics, in the same form.")
    gates: Gates = Field([], description="Gates on this comparison.")


Eval: Any = _flags(
    "Eval", "An evaluation: its data, in place or by name; its losses; its gates.",
    [EvalPlan], "own", (Data, EvalFlags, _Eval),
)  # fmt: skip
Bench: Any = _flags(
    "Bench", "A benchmark: its losses; its gates.", [BenchPlan], "own", (BenchFlags, _Bench)
)

Comparison: Any = _flags(
    "Comparison", "Models on the same rows: their predictions, losses, test and gates.",
    [ComparePlan], "own", (CompareData, CompareFlags, _Comparison),
)  # fmt: skip


class _Defaults(Part):
    eval: EvalFlags | None = Field(None, description="Flags of all evaluations.")
    bench: BenchFlags | None = Field(None, description="Flags of all benchmarks.")
    compare: CompareFlags | None = Field(None, description="Flags of all comparisons.")


# Flags that mean the same in all kinds; the others are under `eval:`, `bench:` or `compare:`.
Defaults: Any = _flags(
    "Defaults", "Flags of all runs; some are only under eval:, bench: or compare:.",
    [EvalPlan, BenchPlan, ComparePlan], "defaults", _Defaults,
)  # fmt: skip


class Config(Part):
    """A config of `losscli run`."""

    version: Literal[1] = Field(description="The version of the format.")
    defaults: Defaults | None = Field(None, description="Flags of all runs.")
    data: dict[Name, Data] = Field({}, description="Data sets by name.")
    evals: dict[Name, Eval] = Field({}, description="Evaluations by name.")
    benches: dict[Name, Bench] = Field({}, description="Benchmarks by name.")
    comparisons: dict[Name, Comparison] = Field({}, description="Comparisons of models by name.")
    baseline: str | None = Field(None, description="A result, written by losscli bless.")
    gates: Gates = Field([], description="Gates on any of the runs.")
    on_undecided: Policy = Field("undecided", description="The status that an undecided gate gets.")
    outputs: Texts | None = Field(None, description="Files, in the format of their suffix.")


def schema() -> dict[str, Any]:
    """The JSON Schema of a config."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "losscli/config/1",
        **_plain(Config.model_json_schema(by_alias=True)),
    }


def _plain(part: Any) -> Any:
    """The schema without nulls for missing keys, and without the titles of the library."""
    if isinstance(part, list):
        return [_plain(item) for item in part]
    if not isinstance(part, dict):
        return part
    kept = {
        key: _plain(value)
        for key, value in part.items()
        if not (key == "title" and isinstance(value, str))
        and not (key == "default" and value is None)
    }
    options = kept.get("anyOf")
    if isinstance(options, list):
        real = [option for option in options if option != {"type": "null"}]
        if len(real) == 1 and len(options) > 1:
            del kept["anyOf"]
            kept |= real[0]
        else:
            kept["anyOf"] = real
    return kept
