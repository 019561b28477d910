"""`losscli plot`: options in, one call into the library, one call into the renderer."""

from losscli.cli import options as opt


def command(
    loss: opt.Plotted,
    output: opt.PlotOutput = None,
    range: opt.PlotRange = None,  # noqa: A002 - the flag is called so
    target: opt.PlotTarget = None,
    gradient: opt.Gradient = True,
    title: opt.PlotTitle = None,
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
    from losscli.plans import PlotPlan, check_format
    from losscli.plotting import carry_out_plot

    check_format(format)
    plan = PlotPlan(loss, output, range, target, gradient, title)
    with user_code(refused=no_user_code):
        result = carry_out_plot(plan)
    printed(result, format, quiet=quiet)
    return result.exit_code
