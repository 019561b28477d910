"""`losscli schema`: the forms of configs and of documents, for editors and programs."""

import sys
from typing import Annotated, TypeAlias

import typer

from losscli.cli import options as opt


def complete_document(incomplete: str) -> list[str]:
    """The kinds of documents that begin so."""
    from losscli.results.schemas import DOCUMENTS

    return [kind for kind in ("config", *DOCUMENTS) if kind.startswith(incomplete)]


SchemaFormat: TypeAlias = Annotated[
    str, typer.Option("--format", metavar="json", rich_help_panel=opt.OUT, help="A schema is JSON.")
]
SchemaOf: TypeAlias = Annotated[
    str,
    typer.Option("--of", metavar="KIND",
                 help="config, or a document: eval, bench, run, diff, check, error, results, ...",
                 autocompletion=complete_document),
]  # fmt: skip


def command(
    of: SchemaOf = "config",
    format: SchemaFormat = "json",  # noqa: A002 - the flag is called so
    quiet: opt.Quiet = False,
    no_progress: opt.NoProgress = False,  # noqa: ARG001 - there is nothing to wait for
    debug: opt.Debug = False,  # noqa: ARG001 - read before the command runs
) -> int:
    """Print the JSON Schema of configs, or of what a command prints as JSON.

    losscli schema > losscli.schema.json

    losscli schema --of eval
    """
    import json

    from losscli.errors import UsageError
    from losscli.results.schemas import DOCUMENTS, schema

    if format != "json":
        raise UsageError(f"a schema is JSON, not {format}", hint="--format json")
    if of == "config":
        from losscli.config.model import schema as config_schema

        found = config_schema()
    elif of in DOCUMENTS:
        found = schema(of)
    else:
        words = ", ".join(["config", *DOCUMENTS])
        raise UsageError(f"there is no schema of {of!r}", hint=f"--of one of {words}")
    if not quiet:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return 0
