"""`losscli init`: one call into the library, one call into the renderer."""

from typing import Annotated, Any, TypeAlias

import typer

from losscli.cli import options as opt

CiKind: TypeAlias = Annotated[
    str,
    typer.Option("--ci", metavar="github|gitlab|shell|none", rich_help_panel=opt.OUT,
                 help="The workflow that is written."),
]  # fmt: skip


def command(
    ci: CiKind = "github",
    format: opt.Format = "table",  # noqa: A002 - the flag is called so
    quiet: opt.Quiet = False,
    no_progress: opt.NoProgress = False,  # noqa: ARG001 - there is little to wait for
    debug: opt.Debug = False,  # noqa: ARG001 - read before the command runs
) -> int:
    """Write losscli.yaml and a CI workflow into the current folder, from the files found there.

    losscli init

    losscli init --ci gitlab
    """
    from losscli.cli.console import printed
    from losscli.commands.init import init
    from losscli.render.formats import check_format

    check_format(format)
    kind: Any = ci
    printed(init(kind), format, quiet=quiet)
    return 0
