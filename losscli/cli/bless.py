"""`losscli bless`: options in, one call into the library, one call into the renderer."""

from typing import Annotated, TypeAlias

import typer

from losscli.cli import options as opt

Reason: TypeAlias = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why: it is kept in the baseline.")
]
To: TypeAlias = Annotated[
    str | None,
    typer.Option("--to", metavar="FILE", show_default=False,
                 help="The baseline; default: the one that the result's config names."),
]  # fmt: skip


def command(
    result: opt.Result,
    reason: Reason,
    to: To = None,
    results: opt.Results = "results",
    format: opt.Format = "table",  # noqa: A002 - the flag is called so
    quiet: opt.Quiet = False,
    no_progress: opt.NoProgress = False,  # noqa: ARG001 - there is nothing to wait for
    debug: opt.Debug = False,  # noqa: ARG001 - read before the command runs
) -> int:
    """Make RESULT the baseline that gates are held against; nothing else changes one.

    losscli bless results/ci-gate/latest.json --reason "new tokenizer"

    losscli bless ci-gate --reason "first baseline" --to baselines/main.json
    """
    from losscli.cli.console import printed
    from losscli.commands.bless import bless
    from losscli.commands.results import path_of
    from losscli.render.formats import check_format

    check_format(format)
    printed(bless(path_of(result, results), reason, to), format, quiet=quiet)
    return 0
