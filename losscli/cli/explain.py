"""`losscli explain`: one call into the library, one call into the renderer."""

from typing import Annotated, TypeAlias

import typer

from losscli.cli import options as opt

Explained: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="LOSS[:key=value,...]", help="A loss, with parameters or without.",
                   autocompletion=opt.complete_loss, show_default=False),
]  # fmt: skip


def command(
    loss: Explained,
    no_user_code: opt.NoUserCode = False,
    format: opt.Format = "table",  # noqa: A002 - the flag is called so
    quiet: opt.Quiet = False,
    no_progress: opt.NoProgress = False,  # noqa: ARG001 - there is little to wait for
    debug: opt.Debug = False,  # noqa: ARG001 - read before the command runs
) -> int:
    """One loss: its formula, domain, parameters, gradient, shape, equivalents and pitfalls.

    losscli explain smooth_l1

    losscli explain huber:delta=2

    losscli explain "mse + 0.1*mae"
    """
    from losscli.cli.console import printed, user_code
    from losscli.commands.explain import explain
    from losscli.render.formats import check_format

    check_format(format)
    with user_code(refused=no_user_code):
        result = explain(loss)
    printed(result, format, quiet=quiet)
    return result.exit_code
