"""`losscli plot`: options in, one call into the library, one call into the renderer."""

from typing import Annotated, TypeAlias

import typer

from losscli.cli import options as opt

Plotted: TypeAlias = Annotated[
    list[str],
    typer.Argument(metavar="LOSS...", help="Losses, with parameters or without.",
                   autocompletion=opt.complete_loss, show_default=False),
]  # fmt: skip
PlotOutput: TypeAlias = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="FILE", rich_help_panel=opt.OUT, show_default=False,
                 help="A picture, by its suffix .png, .svg or .pdf, in place of the terminal's."),
]  # fmt: skip
PlotRange: TypeAlias = Annotated[
    str | None,
    typer.Option("--range", metavar="LOW:HIGH", rich_help_panel=opt.LOOK, show_default=False,
                 help="What is drawn, such as -3:3; default: what suits the losses."),
]  # fmt: skip
PlotTarget: TypeAlias = Annotated[
    float | None,
    typer.Option("--target", metavar="NUMBER", rich_help_panel=opt.LOOK, show_default=False,
                 help="The target beside the predictions, for losses of one number."),
]  # fmt: skip
Gradient: TypeAlias = Annotated[
    bool,
    typer.Option("--gradient/--no-gradient", rich_help_panel=opt.LOOK,
                 help="Whether gradients are drawn beside the losses."),
]  # fmt: skip
PlotTitle: TypeAlias = Annotated[
    str | None,
    typer.Option("--title", metavar="TEXT", rich_help_panel=opt.LOOK, show_default=False,
                 help="What stands above the picture."),
]  # fmt: skip


def command(
    loss: Plotted,
    output: PlotOutput = None,
    range: PlotRange = None,  # noqa: A002 - the flag is called so
    target: PlotTarget = None,
    gradient: Gradient = True,
    title: PlotTitle = None,
    no_user_code: opt.NoUserCode = False,
    format: opt.Format = "table",  # noqa: A002 - the flag is called so
    quiet: opt.Quiet = False,
    no_progress: opt.NoProgress = False,  # noqa: ARG001 - there is little to wait for
    debug: opt.Debug = False,  # noqa: ARG001 - read before the command runs
) -> int:
    """The curves of losses and of their gradients, in the terminal or in a picture.

    losscli plot smooth_l1 mae mse

    losscli plot huber:delta=0.5 huber:delta=2 --range=-4:4 --output huber.svg
    """
    from losscli.cli.console import printed, user_code
    from losscli.commands.plot import run_plot
    from losscli.plans.plot import PlotPlan
    from losscli.render.formats import check_format

    check_format(format)
    plan = PlotPlan(loss, output, range, target, gradient, title)
    with user_code(refused=no_user_code):
        result = run_plot(plan)
    printed(result, format, quiet=quiet)
    return result.exit_code
