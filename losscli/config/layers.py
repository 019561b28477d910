"""The layers of a config: the file, `${NAME}`, the environment, `--set`; each value's origin.

Precedence, from the weakest: built in, the file's defaults, the file's own keys of a run, the
environment (`LOSSCLI_DEVICE`, `LOSSCLI_EVAL_THREADS`), `--set KEY=VALUE`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal, NamedTuple, TypeAlias

from losscli.config.document import ConfigError, Document, Fault, Keys, Mark, parse
from losscli.errors import UsageError
from losscli.plans.bench import BenchPlan
from losscli.plans.compare import ComparePlan
from losscli.plans.evaluate import EvalPlan
from losscli.plans.flags import declarations
from losscli.results.text import escape

Kind: TypeAlias = Literal["eval", "bench", "compare"]

_VARIABLE = re.compile(r"\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]{0,1000}+))?\}|\$\{")
_PREFIX = "LOSSCLI_"
# Of a config and of a result.
SECTIONS: Mapping[Kind, str] = {"eval": "evals", "bench": "benches", "compare": "comparisons"}
PLANS: Mapping[Kind, Any] = {"eval": EvalPlan, "bench": BenchPlan, "compare": ComparePlan}
_DIGITS = 7  # more than any position in a config has; Python refuses to read thousands


def _flags_in(place: str) -> set[str]:
    """The keys of flags that have a place in YAML."""
    found = (each for plan in PLANS.values() for each in declarations(plan))
    return {each.key for each in found if place in each.flag.config.split()}


# They mean different things by kind, or belong to one: `defaults:` has them under the kind alone.
_OF_ONE_KIND = _flags_in("run") - _flags_in("defaults")


class Value(NamedTuple):
    """A value and its origin, in words."""

    value: Any
    origin: str


@dataclass(slots=True)
class Layers:
    """The data of a config with all layers applied.

    data: after `--set` and `${NAME}`. changed: the keys that `--set` wrote.
    """

    document: Document
    data: Any
    environment: Mapping[str, str]
    changed: set[Keys] = field(default_factory=set)

    def pick(
        self, kind: Kind, name: str, flag: str, inherited: Sequence[Keys] = ()
    ) -> Value | None:
        """The value of a flag of a run, or None where the default applies.

        inherited: other places of the file that may hold it, the strongest first.
        """
        places: list[Keys] = [(SECTIONS[kind], name, flag)]
        places += [*inherited, ("defaults", kind, flag)]
        if flag not in _OF_ONE_KIND:
            places.append(("defaults", flag))
        known = [(keys, found) for keys in places if (found := self.at(keys)) is not None]
        values = [Value(found, self.origin(keys)) for keys, found in known]
        for value in values:
            if value.origin == "--set":
                return value
        for variable in self._variables(kind, flag):
            if variable in self.environment:
                return Value(_word(self.environment[variable], variable), variable)
        return values[0] if values else None

    def origin(self, keys: Keys) -> str:
        """The origin of the value at some keys; a setting may have changed a part of it."""
        if any(keys[: len(other)] == other for other in self.changed):
            return "--set"
        mark = self.document.mark(keys)
        line = f", line {mark.line}" if mark else ""
        inside = any(other[: len(keys)] == keys for other in self.changed)
        return f"{self.document.path}{line}{' and --set' if inside else ''}"

    def at(self, keys: Keys) -> Any:
        """The value at some keys; None where there is none."""
        found = self.data
        for key in keys:
            if not isinstance(found, Mapping) or key not in found:
                return None
            found = found[key]
        return found

    def misspelled(self, flags: Mapping[Kind, Sequence[str]]) -> list[str]:
        """Environment variables whose names are close to one that has a meaning."""
        known = {v for kind in flags for flag in flags[kind] for v in self._variables(kind, flag)}
        ours = [name for name in self.environment if name.startswith(_PREFIX) and name not in known]
        return [name for name in ours if get_close_matches(name, known, 1, 0.85)]

    def _variables(self, kind: Kind, flag: str) -> list[str]:
        of_kind = f"{_PREFIX}{kind}_{flag}".upper()
        return [of_kind] if flag in _OF_ONE_KIND else [of_kind, f"{_PREFIX}{flag}".upper()]


def layered(document: Document, settings: Sequence[str], environment: Mapping[str, str]) -> Layers:
    """The layers of a config; settings: the texts of `--set`.

    Raises ConfigError for undefined variables, UsageError for an invalid setting.
    """
    faults: list[Fault] = []

    def expand(text: str, keys: Keys) -> str:
        return _expanded(text, document.mark(keys), environment, faults)

    data = _replaced(document.data, (), expand)
    if faults:
        raise ConfigError(document.path, faults)
    layers = Layers(document, data, environment)
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals or not key.strip() or escape(key) != key:
            raise UsageError(f"{setting!r} is not KEY=VALUE", hint="--set defaults.device=cuda")
        value = parse(text, f"--set {key}").data
        layers.changed.add(_put(layers, key.strip(), value))
    return layers


def _put(layers: Layers, path: str, value: Any) -> Keys:
    """Write a value at a dotted path, whose keys may hold dots themselves."""
    if not isinstance(layers.data, dict):
        layers.data = {}
    at, rest, keys = layers.data, path, []
    while True:
        key, rest = _first_key(at, rest)
        keys.append(key)
        if not rest:
            break
        below = at[key] if isinstance(at, list) else at.setdefault(key, {})
        if not isinstance(below, dict | list):
            raise UsageError(f"--set {path}: {'.'.join(map(str, keys))} is a value without keys")
        at = below
    at[key] = value
    return tuple(keys)


def _first_key(at: Any, rest: str) -> tuple[Any, str]:
    if isinstance(at, list):
        head, _, tail = rest.partition(".")
        if head.isdecimal() and len(head) < _DIGITS and int(head) < len(at):
            return int(head), tail
        raise UsageError(f"--set {rest[:40]}: the list has the items 0 to {len(at) - 1}")
    known = [key for key in at if rest == key or rest.startswith(f"{key}.")]
    key = max(known, key=len) if known else rest.partition(".")[0]
    return key, rest[len(key) + 1 :]


def _replaced(value: Any, keys: Keys, replace: Callable[[str, Keys], str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _replaced(item, (*keys, key), replace) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, (*keys, at), replace) for at, item in enumerate(value)]
    return replace(value, keys) if isinstance(value, str) else value


def _expanded(
    text: str, mark: Mark | None, environment: Mapping[str, str], faults: list[Fault]
) -> str:
    """The text with `${NAME}` and `${NAME:-default}` replaced, once; `$$` is a dollar."""

    def variable(found: re.Match[str]) -> str:
        name, default = found[1], found[2]
        if found[0] == "$$":
            return "$"
        if name is None:
            faults.append(Fault(mark, "${ without the name of a variable", "$$ is a dollar"))
            return ""
        if not environment.get(name) and default is None:
            words = f"undefined environment variable {name}"
            faults.append(Fault(mark, words, f"${{{name}:-default}} gives a default"))
        return environment.get(name) or default or ""

    return _VARIABLE.sub(variable, text)


def _word(text: str, variable: str) -> Any:
    """A variable's text as a value; by commas it is a list, as on the command line."""
    try:
        value = parse(text, variable).data if text else None
    except ConfigError:
        return text
    return value if isinstance(value, int | float | str | bool) else text
