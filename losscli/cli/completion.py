"""Shell completion: losses, columns of a named table, saved results, devices, words."""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TypeAlias

import click

from losscli.errors import LossCliError

Complete: TypeAlias = Callable[[click.Context, str], list[str]]


def _of_words(words: Callable[[], Iterable[str]]) -> Complete:
    """A completion of words that are computed when they are wanted."""
    return lambda _, incomplete: [word for word in words() if word.startswith(incomplete)]


def complete_path(_: click.Context, incomplete: str) -> list[str]:
    """The files and folders whose paths begin so."""
    folder, start = os.path.split(incomplete)
    with suppress(OSError):
        entries = sorted(os.scandir(folder or "."), key=lambda entry: entry.name)
        return [
            os.path.join(folder, entry.name) + ("/" if entry.is_dir() else "")  # noqa: PTH118
            for entry in entries
            if entry.name.startswith(start) and (start or not entry.name.startswith("."))
        ]
    return []


def complete_config(context: click.Context, incomplete: str) -> list[str]:
    """The YAML files and folders whose paths begin so."""
    return [
        path for path in complete_path(context, incomplete) if path.endswith(("/", ".yaml", ".yml"))
    ]


def complete_loss(_: click.Context, incomplete: str) -> list[str]:
    """The specs that begin so: names of losses, and after a colon their parameters."""
    from losscli.losses.registry import find, modules

    name, colon, rest = incomplete.rpartition("=")[2].partition(":")
    if not colon:
        return [found for found in modules() if found.startswith(name)]
    done, comma, start = rest.rpartition(",")
    params = find(name)[0].params if name in modules() else ()
    return [f"{name}:{done}{comma}{p.name}=" for p in params if p.name.startswith(start)]


def _families() -> Iterable[str]:
    from losscli.losses.registry import families

    return families()


def _tasks() -> Iterable[str]:
    from losscli.explanation.kinds import TASKS

    return TASKS


def _implementations() -> Iterable[str]:
    from losscli.implementations.registry import libraries

    return (*libraries(), "all")


def _documents() -> Iterable[str]:
    from losscli.results.registry import KINDS

    return ("config", *KINDS)


complete_family = _of_words(_families)
complete_task = _of_words(_tasks)
complete_device = _of_words(lambda: ("cpu", "cuda", "cuda:0", "mps"))
complete_dtype = _of_words(lambda: ("float32", "float64", "float16", "bfloat16"))
complete_implementation = _of_words(_implementations)
complete_document = _of_words(_documents)


def complete_word(context: click.Context, incomplete: str) -> list[str]:
    """The families, losses and metrics that begin so."""
    return [*complete_family(context, incomplete), *complete_name(context, incomplete)]


def complete_metric(_: click.Context, incomplete: str) -> list[str]:
    """The specs that begin so: names of metrics, and after a colon their parameters."""
    from losscli.metrics.registry import load, names

    name, colon, rest = incomplete.rpartition("=")[2].partition(":")
    if not colon:
        return [found for found in names() if found.startswith(name)]
    done, comma, start = rest.rpartition(",")
    params = load(name).params if name in names() else ()
    return [f"{name}:{done}{comma}{p.name}=" for p in params if p.name.startswith(start)]


def complete_name(context: click.Context, incomplete: str) -> list[str]:
    """The names of losses and metrics that begin so."""
    return [*complete_loss(context, incomplete), *complete_metric(context, incomplete)]


def complete_column(context: click.Context, incomplete: str) -> list[str]:
    """The columns of the tables that the command line names already; only headers are read."""
    done, comma, start = incomplete.rpartition(",")
    columns: dict[str, None] = {}
    given = [context.params.get("preds"), context.params.get("targets"), *context.args]
    for path in given:
        with suppress(LossCliError, OSError):
            if isinstance(path, str) and os.path.isfile(path):  # noqa: PTH113
                from losscli.sources.opener import open_table
                from losscli.sources.options import ReadOptions

                table = open_table(path, path, ReadOptions(context.params.get("header", True)))
                columns |= dict.fromkeys(table.names())
                table.close()
    return [f"{done}{comma}{name}" for name in columns if name.startswith(start)]


def complete_result(context: click.Context, incomplete: str) -> list[str]:
    """The saved results, by config and by file, and files."""
    return [*_saved(context, incomplete, files=True), *complete_path(context, incomplete)]


def complete_drawn(context: click.Context, incomplete: str) -> list[str]:
    """The losses, and the saved results."""
    return [*complete_loss(context, incomplete), *complete_result(context, incomplete)]


def complete_saved_config(context: click.Context, incomplete: str) -> list[str]:
    """The configs that have saved results."""
    return _saved(context, incomplete, files=False)


def _saved(context: click.Context, incomplete: str, *, files: bool) -> list[str]:
    """The names of the folder of saved results that begin so."""
    folder = str(context.params.get("results") or "results")
    found: list[str] = []
    with suppress(OSError):
        for config in sorted(entry.name for entry in os.scandir(folder) if entry.is_dir()):
            found.append(config)
            if files:
                names = sorted(os.listdir(f"{folder}/{config}"))  # noqa: PTH208
                found += [f"{config}/{name}" for name in names if name.endswith(".json")]
    return [name for name in found if name.startswith(incomplete)]
