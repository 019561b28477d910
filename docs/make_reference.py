"""Write docs/reference/ from the declarations: python docs/make_reference.py.

commands.md from the command line, losses.md and metrics.md from the catalogues, kernels.md from
the programs of the losses, documents.md and config.md from the JSON Schemas, exit-codes.md from
the error classes, python.md from the public functions.
A test fails if a page differs from its text.
"""

import functools
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from python_reference import python

FOLDER = Path(__file__).parent / "reference"
MARK = "<!-- Written by `python docs/make_reference.py`. Edit the declarations, not this page. -->"


def pages() -> dict[str, str]:
    """The text of each page by its file name."""
    makers = {
        "commands.md": commands,
        "losses.md": losses,
        "metrics.md": metrics,
        "kernels.md": kernels,
        "documents.md": documents,
        "config.md": config,
        "exit-codes.md": exit_codes,
        "python.md": lambda: python(table, code),
    }
    return {name: "\n".join([MARK, "", *maker()]) + "\n" for name, maker in makers.items()}


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """A Markdown table, then an empty line; cells are Markdown already, but for bars."""
    yield f"| {' | '.join(head)} |"
    yield f"| {' | '.join('---' for _ in head)} |"
    for row in rows:
        cells = (cell.replace("|", "\\|").replace("\n", " ") for cell in row)
        yield f"| {' | '.join(cells)} |"
    yield ""


def code(text: str) -> str:
    """A code span; empty where there is no text."""
    if not text:
        return ""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


# --- Commands ---------------------------------------------------------------------------------


def commands() -> Iterator[str]:
    """Every command: its help, usage, arguments and options."""
    import click

    from losscli.cli.app import program

    top: Any = program()
    yield from ["# Commands", "", "Every command takes `--help`. `losscli --version` prints the"]
    yield from ["version; `python -m losscli` is the same program.", ""]
    context = click.Context(top, info_name="losscli")
    found = list(leaves(top, context))
    first = (_first_sentence(command.help) for command, _ in found)
    names = (f"[{name.command_path}](#{_anchor(name.command_path)})" for _, name in found)
    yield from table(("command", "what it does"), zip(names, first, strict=True))
    for command, context in found:
        yield from _command(command, context)


def leaves(group: Any, context: Any) -> Iterator[tuple[Any, Any]]:
    """The commands of a group and of its groups, with their contexts, in the order of the help."""
    import click

    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = click.Context(command, info_name=name, parent=context)
        if hasattr(command, "list_commands"):
            yield from leaves(command, inner)
        else:
            yield command, inner


def _command(command: Any, context: Any) -> Iterator[str]:
    """The section of a command."""
    yield from [f"## {context.command_path}", ""]
    paragraphs = (command.help or "").split("\n\n")
    examples = [part for part in paragraphs if part.startswith("losscli ")]
    for part in paragraphs:
        if part not in examples:
            yield from [part.strip(), ""]
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield from ["```text", usage, *examples, "```", ""]
    shown = [param for param in command.params if not getattr(param, "hidden", False)]
    arguments = [param for param in shown if param.param_type_name == "argument"]
    if arguments:
        rows = ((code(each.make_metavar(context)), each.help or "") for each in arguments)
        yield from table(("argument", "meaning"), rows)
    yield from _options([param for param in shown if param not in arguments])


def _options(options: list[Any]) -> Iterator[str]:
    """The options of a command, a table for each panel of its help."""
    panels = dict.fromkeys(option.rich_help_panel or "Options" for option in options)
    for panel in panels:
        rows = (
            (code(spelling(each)), code(takes(each)), code(default_of(each)), each.help or "")
            for each in options
            if (each.rich_help_panel or "Options") == panel
        )
        yield from table((panel, "takes", "default", "meaning"), rows)


def spelling(option: Any) -> str:
    """The names of an option, as a command line has them."""
    return ", ".join([*option.opts, *option.secondary_opts])


def takes(option: Any) -> str:
    """The form of an option's value; empty for a switch."""
    if option.is_flag:
        return ""
    from losscli.render import formats

    words = "|".join(formats.names()) if "--format" in option.opts else ""
    form = option.metavar or words or {"integer": "N", "float": "X"}.get(option.type.name, "TEXT")
    return f"{form} ..." if option.multiple else form


def default_of(option: Any) -> str:
    """The default as the help shows it; empty where there is none."""
    if isinstance(option.show_default, str):
        return option.show_default
    if option.is_flag:
        return "on" if option.default else ""
    if not option.show_default or option.default in (None, (), []):
        return ""
    return str(option.default)


# --- Losses -----------------------------------------------------------------------------------

_LOSSES = """# Losses

`losscli list` prints this table, or a part of it: by `--family`, by `--task`, by what predictions
or targets are (`--takes real`, `probability`, `logit`, `score`, `label`, `box`, ...), or by a word.
`losscli explain NAME` shows one loss on one screen, with the curve of the loss and of its gradient.
How to write losses, parameters, sums and penalties on the command line: [losses](../losses.md).

`pred` and `target` stand for predictions and targets; (N,) is one number per sample, (N, D) are D
outputs per sample, (N, C) are C classes per sample. The tests run the calls of other libraries.
"""


def losses() -> Iterator[str]:
    """The table of the catalogue, then a section for each loss."""
    from losscli.commands.explain import explain
    from losscli.explanation.listing import catalogue

    listed = catalogue().to_dict()
    yield _LOSSES
    families = sorted({loss["family"] for loss in listed["losses"]})
    for family in families:
        members = [loss for loss in listed["losses"] if loss["family"] == family]
        yield from [f"## {family}", ""]
        head = ("loss", "predictions, targets", "parameters", "aliases", "use when")
        yield from table(head, map(_loss_row, members))
        for loss in members:
            yield from _loss(explain(loss["name"]).to_dict())
    yield from ["## penalties", ""]
    yield "Added once to the value of an expression, whatever the reduction; see"
    yield from ["[penalties](../losses.md#penalties).", ""]
    yield from (f"- {code(text)}" for text in listed["penalties"])


def _loss_row(loss: Mapping[str, Any]) -> tuple[str, ...]:
    params = ", ".join(f"{each['name']}={_value(each['default'])}" for each in loss["params"])
    takes = ", ".join(kind for kind in loss["takes"] if kind != "none")
    aliases = ", ".join(map(code, [*loss["aliases"], *loss["derived"]]))
    name = f"[{loss['name']}](#{_anchor(loss['name'])})"
    return name, takes, code(params), aliases, loss["use"]


def _loss(facts: Mapping[str, Any]) -> Iterator[str]:
    """The section of a loss."""
    yield from [f"### {facts['name']}", "", facts["summary"], "", "```text", facts["formula"]]
    yield from ["```", ""]
    rows = [("shapes", facts["shapes"]), ("predictions", facts["pred"]["domain"])]
    if facts["target"]:
        rows.append(("targets", facts["target"]["domain"]))
    rows += [("parameter " + code(each["name"]), _parameter(each)) for each in facts["params"]]
    rows.append(("gradient", facts["gradient"]))
    rows += [("use when", facts["use"]), ("avoid when", facts["avoid"])]
    rows += [("note", text) for text in facts["pitfalls"]]
    rows += [(f"in {library}", code(text)) for library, text in facts["equivalents"].items()]
    for library, convention in facts["conventions"].items():
        version = f"version {convention['version']}"
        rows.append(
            (code(f"--like {library}"), "; ".join(filter(None, (version, convention["note"]))))
        )
    rows.append(("source", facts["source"]))
    yield from table(("", ""), rows)


def _parameter(param: Mapping[str, Any]) -> str:
    """The default, bounds and meaning of a parameter."""
    parts = [f"default {_value(param['default'])}", param["bounds"], param["meaning"]]
    return "; ".join(part for part in parts if part)


def _value(value: Any) -> str:
    """A default as it is typed on the command line."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


# --- Metrics ----------------------------------------------------------------------------------

_METRICS = """# Metrics

Statistics of all rows that are not the mean of a loss of each row: `losscli eval -m NAME`, or
`evaluate(..., metric="NAME")`. How to use them: [metrics](../metrics.md). `losscli list` prints
this table, and `losscli explain NAME` one of them.

Every metric takes weights, groups and `--nan`, and has a standard error. (N,) is one number per
sample, (N, C) are C classes per sample; one-hot targets are taken where class indices are.
"""
_DIRECTIONS = {True: "higher", False: "lower", None: "neither"}


def metrics() -> Iterator[str]:
    """The table of the metrics, then a section for each."""
    from losscli.explanation.metrics import explained_metric, listed_metrics
    from losscli.metrics.registry import load

    listed = listed_metrics()
    yield _METRICS
    for family in sorted({metric.family for metric in listed}):
        members = [metric for metric in listed if metric.family == family]
        yield from [f"## {family}", ""]
        head = ("metric", "predictions, targets", "parameters", "aliases", "better", "use when")
        yield from table(head, (_metric_row(metric.to_dict()) for metric in members))
        for metric in members:
            yield from _metric(explained_metric(load(metric.name)).to_dict())


def _metric_row(metric: Mapping[str, Any]) -> tuple[str, ...]:
    name, takes, params, aliases, use = _loss_row({**metric, "derived": ()})
    return name, takes, params, aliases, _DIRECTIONS[metric["higher_is_better"]], use


def _metric(facts: Mapping[str, Any]) -> Iterator[str]:
    """The section of a metric."""
    yield from [f"### {facts['name']}", "", facts["summary"], "", "```text", facts["formula"]]
    yield from ["```", ""]
    rows = [("shapes", text) for text in facts["shapes"]]
    rows += [("predictions", facts["pred"]), ("targets", facts["target"])]
    rows += [("parameter " + code(each["name"]), _parameter(each)) for each in facts["params"]]
    rows += [("nan where", facts["undefined"]), ("memory", facts["memory"])]
    rows += [("use when", facts["use"]), ("avoid when", facts["avoid"])]
    rows += [("note", text) for text in facts["pitfalls"]]
    rows += [(f"in {library}", code(text)) for library, text in facts["equivalents"].items()]
    rows.append(("source", facts["source"]))
    yield from table(("", ""), (row for row in rows if row[1]))


# --- Kernels ----------------------------------------------------------------------------------

_KERNELS = """# Losses with a program

The losses whose values compiled [kernels](../kernels.md) compute, at their default parameters;
NumPy computes the others, for the reason in the table. *bits* says how the compiled values compare
with those of NumPy: *equal* where the program is arithmetic alone, *close* where it calls functions
such as `exp`, whose last digits depend on the processor in NumPy and not in a program.
"""
# The operations that have NumPy's bits; a test compares the losses that use nothing else.
_EQUAL = {
    "INPUT0", "INPUT1", "ABS", "NEG", "SIGN", "SQRT", "FLOOR", "ISFINITE", "ISNAN", "ADD", "SUB",
    "MUL", "DIV", "MIN", "MAX", "ATMOST", "ATLEAST", "LT", "LE", "EQ", "NE", "WHERE", "TOTAL",
    "LARGEST", "SMALLEST", "PLACE", "TAKE", "PUT", "REPEAT", "SLICE", "COLUMNS", "LOOKUP",
    "CONVERT", "WIDEN",
}  # fmt: skip


def kernels() -> Iterator[str]:
    """Every loss: the code that computes it, the bits of its values, why it has no program."""
    from losscli.losses.registry import all_losses

    yield _KERNELS
    losses = sorted(all_losses(), key=lambda loss: loss.name)
    rows = [(f"[{each.name}](losses.md#{_anchor(each.name)})", *_program(each)) for each in losses]
    compiled = sum(computed == "compiled" for _, computed, _, _ in rows)
    yield from [f"{compiled} of {len(rows)} losses have a program.", ""]
    yield from table(("loss", "computed by", "bits", "reason"), rows)


def _program(loss: Any) -> tuple[str, str, str]:
    """The code that computes a loss at its defaults, its bits, and why it has no program."""
    from losscli.kernels.trace import UntraceableError, trace

    params = loss.resolve({})
    pred = loss.rows_of.pred_row(5)
    target = loss.rows_of.target_row(pred) if loss.rows_of.targeted else None
    shapes = [pred] if target is None else [pred, target]
    indexed = [False] * (len(shapes) - 1) + [loss.indexed(target)]

    def rows(xp: Any, pred: Any, target: Any = None) -> Any:
        return loss.rows(xp, pred, target, params)

    try:
        graph = trace(rows, len(shapes), shapes=shapes, whole=indexed)
    except UntraceableError as error:
        return "NumPy", "", str(error)
    equal = {node.operation for node in graph.nodes} <= _EQUAL
    return "compiled", "equal" if equal else "close", ""


# --- Documents --------------------------------------------------------------------------------

_DOCUMENTS = """# JSON documents

What `--format json` prints and `-o FILE.json` and `results/` hold. Fields are added in later
versions and never changed or removed: ignore those that you do not know. `losscli schema --of KIND`
prints the JSON Schema of a kind, and `losscli.read(PATH)` reads a saved document.

*number* is a JSON number, or one of the strings `"nan"`, `"inf"`, `"-inf"` where it is not finite.
Numbers read back to the same bits. Rows count from 0, lines of text files from 1.
"""
_CONFIG = """# Config keys

The keys of the YAML files of `losscli run`; see [configs](../config.md). `losscli schema` prints
the JSON Schema. Keys that are flags mean the same as [on the command line](commands.md).
"""
_NUMBER = ("nan", "inf", "-inf")


def documents() -> Iterator[str]:
    """Every kind of document with its fields; a kind of several forms has a table for each."""
    from losscli.results.registry import KINDS
    from losscli.results.schema import schema

    yield _DOCUMENTS
    for kind in KINDS:
        yield from [f"## {kind}", ""]
        found = schema(kind)
        for form in found.get("anyOf", [found]):
            yield from _fields(form)


def config() -> Iterator[str]:
    """The keys of a config."""
    from losscli.config.model import schema

    yield _CONFIG
    found = schema()
    yield from _fields(_resolved(found), "key")
    yield from _records(found.get("$defs", {}), "key")


def _records(records: Mapping[str, Any], head: str = "field") -> Iterator[str]:
    """A section for each record that documents are made of."""
    if records:
        yield from ["# Records", ""]
    for name in sorted(records):
        if "properties" in records[name]:
            yield from [f"## {name}", ""]
            yield from _fields(records[name], head)


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema itself where it is but a reference to one of its definitions."""
    if "$ref" in schema:
        return dict(schema["$defs"][schema["$ref"].rpartition("/")[2]])
    return schema


def _fields(schema: Mapping[str, Any], head: str = "field") -> Iterator[str]:
    """The description of an object and the table of its fields."""
    if "description" in schema:
        yield from [_sentence(schema["description"]), ""]
    marks = {"field": ("", " (optional)"), "key": (" (required)", "")}[head]
    rows = (
        (code(path), kind + marks[not required], meaning)
        for path, kind, required, meaning in _walk(schema, "")
    )
    yield from table((head, "type", "meaning"), rows)


def _sentence(text: str) -> str:
    return text if text.endswith((".", ":")) else f"{text}."


def _walk(
    schema: Mapping[str, Any], prefix: str, seen: dict[str, str] | None = None
) -> Iterator[tuple[str, str, bool, str]]:
    """Each field's path, type, True if it is required, meaning; nested ones after their object.

    seen: the paths of the objects that are listed already, by their schema as text.
    """
    seen = {} if seen is None else seen
    required = set(schema.get("required", ()))
    for name, field in sorted(schema.get("properties", {}).items(), key=_ends_document):
        inner, suffix = _nested(field)
        path = f"{prefix}{name}{suffix}"
        meaning = field.get("description") or (inner or {}).get("description", "")
        known = seen.setdefault(str(inner), path) if inner else path
        if known != path:
            meaning = f"{meaning}; fields as in {code(known)}"
        yield f"{prefix}{name}", _type(field), name in required, meaning
        if inner and known == path and not _kind_of(inner):
            yield from _walk(inner, f"{path}.", seen)


def _kind_of(schema: Mapping[str, Any]) -> str:
    """The kind of a document inside another one, such as eval; empty for other objects."""
    name = schema.get("properties", {}).get("schema", {}).get("const", "")
    return str(name).partition("/")[2].partition("/")[0]


def _ends_document(item: tuple[str, Any]) -> bool:
    return item[0] in ("losscli", "status", "exit_code")


def _nested(schema: Mapping[str, Any]) -> tuple[Mapping[str, Any] | None, str]:
    """The object inside a field, and how its path goes on: `[]` for the items of a list."""
    if schema.get("properties"):
        return schema, ""
    if isinstance(schema.get("items"), Mapping):
        inner, suffix = _nested(schema["items"])
        return inner, f"[]{suffix}"
    if isinstance(schema.get("additionalProperties"), Mapping):
        inner, suffix = _nested(schema["additionalProperties"])
        return inner, f".NAME{suffix}"
    for part in schema.get("anyOf", ()):
        inner, suffix = _nested(part)
        if inner is not None:
            return inner, suffix
    return None, ""


def _type(schema: Mapping[str, Any]) -> str:
    """The type of a field in words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{_anchor(name)})"
    if "const" in schema:
        return _one_of([schema["const"]])
    if "enum" in schema:
        return _one_of(schema["enum"])
    if "anyOf" in schema:
        return _any_of([_type(part) for part in schema["anyOf"]])
    if schema.get("type") == "array":
        return _list_type(schema)
    for values in [schema.get("additionalProperties"), *_values(schema, "patternProperties")]:
        if isinstance(values, Mapping):
            return f"object of {_type(values)} by name"
    if _kind_of(schema):
        return f"[{_kind_of(schema)}](#{_kind_of(schema)})"
    kind = schema.get("type", "any")
    return kind if isinstance(kind, str) else " or ".join(kind)


def _values(schema: Mapping[str, Any], key: str) -> list[Any]:
    return list(schema.get(key, {}).values())


def _list_type(schema: Mapping[str, Any]) -> str:
    items = schema.get("items")
    if not isinstance(items, Mapping):
        prefix = schema.get("prefixItems", ())
        return f"[{', '.join(map(_type, prefix))}]" if prefix else "list"
    least, most = schema.get("minItems"), schema.get("maxItems")
    many = f" of {most}" if least == most and most else ""
    return f"list{many} of {_type(items)}" if not many else f"list{many}, each {_type(items)}"


def _one_of(values: list[Any]) -> str:
    if set(values) == set(_NUMBER):
        return "number"
    words = [code(f'"{each}"' if isinstance(each, str) else str(each)) for each in values]
    return ", ".join(words)


def _any_of(parts: list[str]) -> str:
    return " or ".join(dict.fromkeys(parts))


# --- Exit codes -------------------------------------------------------------------------------

CODES = {
    0: "Done. Every gate that counts passed.",
    1: "A gate failed or had no evidence, a regression that `--fail-on` names was found, a check "
    "failed, or an implementation is incorrect.",
    2: "The command line or the config is invalid. Nothing was done.",
    3: "The data is invalid: unreadable, misaligned, outside the domain of the loss, or without "
    "rows.",
    4: "A device or an optional package is missing on this machine.",
    5: "A bug of losscli. The same command with `--debug` prints the traceback.",
    6: "Nothing failed, but a gate or verdict that had to be decided is undecided, or a check ran "
    "fewer cases than it has.",
    130: "Interrupted by Ctrl-C (SIGINT).",
    143: "Terminated (SIGTERM).",
}


def exit_codes() -> Iterator[str]:
    """The exit codes, the order in which they count, and the exceptions of the Python functions."""
    from losscli import errors

    yield from ["# Exit codes", ""]
    yield from table(("code", "meaning"), ((str(key), text) for key, text in CODES.items()))
    order = sorted((1, 3, 4, 5, 6), key=functools.cmp_to_key(_precedence))
    yield "Exit code 2 comes before any work. Where several of the others apply, the first of "
    yield f"{', '.join(map(str, order))} counts. Files named by `-o` are written for exit codes"
    yield from ["1, 3, 4 and 6 too. A pipe that its reader closes ends quietly.", ""]
    yield from ["The functions of Python raise an exception in their place, a subclass of"]
    yield "`losscli.LossCliError`; `exit_code` of a result is 0, 1 or 6."
    yield ""
    classes = sorted(_subclasses(errors.LossCliError), key=lambda each: each.exit_code)
    names = (code(f"losscli.errors.{each.__name__}") for each in classes)
    rows = (
        (name, str(each.exit_code), _first_sentence(each.__doc__))
        for name, each in zip(names, classes, strict=True)
    )
    yield from table(("exception", "code", "raised when"), rows)


def _precedence(first: int, second: int) -> int:
    from losscli.errors import first_code

    return -1 if first_code((first, second)) == first else 1


def _subclasses(parent: Any) -> set[Any]:
    """The classes of losscli.errors that derive from a class, itself included."""
    from losscli import errors

    found = {each for each in vars(errors).values() if isinstance(each, type)}
    return {each for each in found if issubclass(each, parent)}


def _first_sentence(text: str | None) -> str:
    return " ".join((text or "").strip().split("\n\n")[0].split())


def _anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def main() -> None:
    """Write the pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"docs/reference/{name}\n")


if __name__ == "__main__":
    main()
