"""`losscli results`: the history that `losscli run` and `losscli eval --save` keep."""

from typing import Annotated, TypeAlias

import typer

from losscli.cli import options as opt

ConfigName: TypeAlias = Annotated[
    str | None, typer.Argument(metavar="[CONFIG]", help="A config's name.", show_default=False)
]

app = typer.Typer(
    help="The results that `losscli run` and `losscli eval --save` kept.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@app.command("list")
def list_command(
    config: ConfigName = None,
    results: opt.Results = "results",
    format: opt.Format = "table",  # noqa: A002 - the flag is called so
    quiet: opt.Quiet = False,
    no_progress: opt.NoProgress = False,  # noqa: ARG001 - there is nothing to wait for
    debug: opt.Debug = False,  # noqa: ARG001 - read before the command runs
) -> int:
    """The saved results, the newest first; of one config where its name is given, or `eval`.

    losscli results list

    losscli results list ci-gate
    """
    from losscli.cli.console import printed
    from losscli.commands.results import listing
    from losscli.render.formats import check_format

    check_format(format)
    printed(listing(results, config), format, quiet=quiet)
    return 0


@app.command("show")
def show_command(
    result: opt.Result,
    results: opt.Results = "results",
    format: opt.Format = "table",  # noqa: A002 - the flag is called so
    output: opt.Output = None,
    quiet: opt.Quiet = False,
    no_progress: opt.NoProgress = False,  # noqa: ARG001 - there is nothing to wait for
    debug: opt.Debug = False,  # noqa: ARG001 - read before the command runs
) -> int:
    """One saved result as its run printed it; the latest of a config where that is named.

    losscli results show ci-gate

    losscli results show ci-gate/20260801T101500Z-3f9c1a2b.json --format markdown
    """
    from losscli.cli.console import printed
    from losscli.commands.results import saved
    from losscli.render.files import outputs
    from losscli.render.formats import check_format

    check_format(format)
    with outputs(tuple(output or ())) as publish:
        found = saved(result, results)
        publish(found)
    printed(found, format, quiet=quiet)
    return 0
