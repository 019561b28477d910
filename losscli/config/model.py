"""The form of a config: which keys there are, and of what kind. Its JSON Schema comes of it too."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from losscli.gates import GateLevel, Policy

_NAME = r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$"


def _several(value: Any) -> Any:
    """One text is a list of one."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise ValueError("a text or a list of texts is wanted")


def _numbers(value: Any) -> Any:
    """Sizes may be numbers: `size: [1e6]`."""
    items = value if isinstance(value, list) else [value]
    plain = [str(i) if isinstance(i, int | float) and not isinstance(i, bool) else i for i in items]
    return _several(plain)


def _share(value: Any) -> Any:
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        return value
    raise ValueError("a number such as 0.95, or a percentage such as 95%, is wanted")


def _losses(value: Any) -> Any:
    """Specs as on the command line, or mappings such as {smooth_l1: {beta: 0.5}}, as specs."""
    items = value if isinstance(value, list) else [value]
    if not items:
        raise ValueError("at least one loss is wanted")
    return tuple(map(_loss, items))


def _loss(item: Any) -> str:
    if isinstance(item, str):
        return item
    if isinstance(item, Mapping) and len(item) == 1:
        ((name, params),) = item.items()
        if isinstance(params, Mapping):
            words = ",".join(f"{key}={_parameter(value)}" for key, value in params.items())
            return f"{name}:{words}" if words else name
    raise ValueError("a loss is a text, or {NAME: {PARAMETER: value}}")


def _parameter(value: Any) -> str:
    if isinstance(value, Mapping) and list(value) == ["file"] and isinstance(value["file"], str):
        return f"@{value['file']}"
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    if isinstance(value, int | float | str) and not set(",=") & set(str(value)):
        return str(value)
    raise ValueError("a parameter is a number, a word, true, false, null or {file: NAME}")


def _gate(value: Any) -> Any:
    return {"expect": value} if isinstance(value, str) else value


_TEXTS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
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
Sizes: TypeAlias = Annotated[
    tuple[str, ...],
    BeforeValidator(_numbers),
    WithJsonSchema({"type": ["string", "number", "array"]}),
]
Share: TypeAlias = Annotated[Any, BeforeValidator(_share), WithJsonSchema(_SHARE)]
Losses: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(_losses), WithJsonSchema(_LOSSES)]
Count: TypeAlias = Annotated[int, Field(ge=0)]


class Part(BaseModel):
    """A mapping of known keys; those that are left out are None."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NotWorse(Part):
    """Predictions that the run's own must not be worse than, by more than a margin."""

    preds: str | None = Field(None, description="A file of predictions of the same targets.")
    pred: Texts | None = Field(None, description="Their columns; without preds, of the run's own.")
    margin: Share = Field("0%", description="1% of their mean, or a number in the loss's unit.")


class Gate(Part):
    """What must hold."""

    expect: str | None = Field(None, description='Such as "mse.ci_high <= 0.3".')
    run: str | None = Field(None, description="The evaluation or benchmark that it is of.")
    level: GateLevel | None = Field(None, description="warn never changes the exit code.")
    loss: str | None = Field(None, description="The label, beside not_worse_than.")
    not_worse_than: NotWorse | None = None


Gates: TypeAlias = list[Annotated[Gate, BeforeValidator(_gate)]]


class Data(Part):
    """Where predictions, targets and what goes with them are; paths are relative to the file."""

    preds: str | None = None
    targets: str | None = None
    pred: Texts | None = Field(None, description="Columns of the predictions.")
    target: Texts | None = Field(None, description="Columns of the targets.")
    id: Texts | None = Field(None, description="Columns of ids, which must agree.")
    by: Texts | None = Field(None, description="Columns or files of groups.")
    weights: str | None = Field(None, description="A column or a file.")
    header: bool | None = Field(None, description="Whether tables name their columns.")


class EvalCommon(Part):
    """Flags of `losscli eval` that mean nothing else in a benchmark."""

    reduction: str | None = None
    nan: str | None = None
    ci: Share | None = None
    like: str | None = None
    allow_note: Texts | None = None
    backend: str | None = None
    device: str | None = None
    engine: str | None = None


class EvalFlags(EvalCommon):
    """How an evaluation is computed: the long flags of `losscli eval`."""

    dtype: str | None = None
    threads: Count | None = None


class BenchCommon(Part):
    """Flags of `losscli bench` that mean nothing else in an evaluation."""

    impl: Texts | None = None
    size: Sizes | None = None
    passes: str | None = Field(None, alias="pass")
    cache: str | None = None
    time: Annotated[float, Field(gt=0)] | None = None
    resolve: Share | None = None
    seed: Count | None = None
    memory: bool | None = None


class BenchFlags(BenchCommon):
    """How a benchmark is measured: the long flags of `losscli bench`."""

    device: Texts | None = None
    dtype: Texts | None = None
    threads: Count | None = None


class Eval(Data, EvalFlags):
    """An evaluation: its data, in place or by name; its losses; its gates."""

    data: str | None = Field(None, description="The name of a data set.")
    losses: Losses
    max: Texts | None = Field(None, description="LABEL=N, gates from above.")
    min: Texts | None = Field(None, description="LABEL=N, gates from below.")
    gates: Gates = []
    per_sample: str | None = Field(None, description="A file for the losses of the rows.")


class Bench(BenchFlags):
    """A benchmark: its losses, by default the founding ones; its gates."""

    losses: Losses | None = None
    gates: Gates = []
    plot: str | None = Field(None, description="A picture of time against size.")


class Defaults(EvalCommon, BenchCommon):
    """Flags of all that follows; dtype and threads stand under eval: or bench:."""

    header: bool | None = None
    eval: EvalFlags | None = None
    bench: BenchFlags | None = None


class Config(Part):
    """A config of `losscli run`."""

    version: Literal[1]
    defaults: Defaults | None = None
    data: dict[Name, Data] = {}
    evals: dict[Name, Eval] = {}
    benches: dict[Name, Bench] = {}
    baseline: str | None = Field(None, description="A result that losscli bless made.")
    gates: Gates = []
    on_undecided: Policy = Field("undecided", description="What an undecided gate counts as.")
    outputs: Texts | None = Field(None, description="Files, in the format of their suffix.")


def schema() -> dict[str, Any]:
    """The JSON Schema of a config."""
    found = Config.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "losscli/config/1",
        **_plain(found),
    }


def _plain(part: Any) -> Any:
    """Without the nulls that stand for keys that are left out, and the titles of the library."""
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
