"""Shell completion: losses, columns of a named table, saved results, devices, words."""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import wraps

import click

from losscli.errors import LossCliError


def _starting(words: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    """A completion of words that are computed when they are wanted."""

    @wraps(words)
    def complete(incomplete: str) -> list[str]:
        return [word for word in words() if word.startswith(incomplete)]

    del complete.__wrapped__  # typer would look at its parameters
    return complete


def complete_path(incomplete: str) -> list[str]:
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


def complete_config(incomplete: str) -> list[str]:
    """The YAML files and folders whose paths begin so."""
    return [path for path in complete_path(incomplete) if path.endswith(("/", ".yaml", ".yml"))]


def complete_loss(incomplete: str) -> list[str]:
    """The specs that begin so: names of losses, and after a colon their parameters."""
    from losscli.losses.registry import find, modules

    name, colon, rest = incomplete.rpartition("=")[2].partition(":")
    if not colon:
        return [found for found in modules() if found.startswith(name)]
    done, comma, start = rest.rpartition(",")
    params = find(name)[0].params if name in modules() else ()
    return [f"{name}:{done}{comma}{p.name}=" for p in params if p.name.startswith(start)]


@_starting
def complete_family() -> Iterable[str]:
    """The families of losses."""
    from losscli.losses.registry import families

    return families()


@_starting
def complete_task() -> Iterable[str]:
    """The tasks of losses."""
    from losscli.explanation.kinds import TASKS

    return TASKS


def complete_word(incomplete: str) -> list[str]:
    """The families and losses that begin so."""
    return [*complete_family(incomplete), *complete_loss(incomplete)]


@_starting
def complete_device() -> Iterable[str]:
    """The devices."""
    return ("cpu", "cuda", "cuda:0", "mps")


@_starting
def complete_dtype() -> Iterable[str]:
    """The types of generated inputs."""
    return ("float32", "float64", "float16", "bfloat16")


@_starting
def complete_implementation() -> Iterable[str]:
    """The implementations that can be named, and all of them."""
    from losscli.implementations.registry import libraries

    return (*libraries(), "all")


@_starting
def complete_document() -> Iterable[str]:
    """The kinds of documents that have a schema."""
    from losscli.results.registry import KINDS

    return ("config", *KINDS)


def complete_column(context: click.Context, incomplete: str) -> list[str]:
    """The columns of the tables that the command line names already; only headers are read."""
    done, comma, start = incomplete.rpartition(",")
    columns: dict[str, None] = {}
    given = [context.params.get("preds"), context.params.get("targets"), *context.args]
    for path in given:
        with suppress(LossCliError, OSError):
            if isinstance(path, str) and os.path.isfile(path):  # noqa: PTH113
                from losscli.sources.tables import open_table

                table = open_table(path, path, header=context.params.get("header", True))
                columns |= dict.fromkeys(table.names())
                table.close()
    return [f"{done}{comma}{name}" for name in columns if name.startswith(start)]


def complete_result(context: click.Context, incomplete: str) -> list[str]:
    """The saved results, by config and by file, and files."""
    return [*_saved(context, incomplete, files=True), *complete_path(incomplete)]


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
