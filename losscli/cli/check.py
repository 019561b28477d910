"""`losscli check`: options in, one call into the library, one call into the renderer."""

from typing import Annotated, TypeAlias

import typer

from losscli.cli import options as opt

Examples: TypeAlias = Annotated[
    int | None,
    typer.Option("--examples", metavar="N", rich_help_panel=opt.DATA,
                 help="Adversarial inputs a pass (100; 0 is none).", show_default=False),
]  # fmt: skip
CheckRow: TypeAlias = Annotated[
    str,
    typer.Argument(help="A loss, FILE.py:FUNCTION, MODULE:FUNCTION, or a library with --as."),
]
As: TypeAlias = Annotated[
    str | None,
    typer.Option("--as", metavar="LOSS[:key=value]", rich_help_panel=opt.LOSS, show_default=False,
                 help="The loss that it should be.", autocompletion=opt.complete_loss),
]  # fmt: skip
CheckDtype: TypeAlias = Annotated[
    str,
    typer.Option("--dtype", metavar="TYPE", rich_help_panel=opt.DATA,
                 help="Of the inputs: float32, float64, float16, bfloat16."),
]  # fmt: skip
CheckDevice: TypeAlias = Annotated[
    str,
    typer.Option("--device", metavar="cpu|cuda|cuda:N", rich_help_panel=opt.COMPUTE,
                 help="Where it computes."),
]  # fmt: skip


def command(
    impl: CheckRow,
    loss: As = None,
    dtype: CheckDtype = "float32",
    device: CheckDevice = "cpu",
    seed: opt.Seed = 0,
    examples: Examples = None,
    no_user_code: opt.NoUserCode = False,
    format: opt.Format = "table",  # noqa: A002 - the flag is called so
    output: opt.Output = None,
    quiet: opt.Quiet = False,
    no_progress: opt.NoProgress = False,
    debug: opt.Debug = False,  # noqa: ARG001 - read before the command runs
) -> int:
    """Is an implementation right: values, gradients and edge cases, by one rule.

    losscli check smooth_l1

    losscli check kernels.py:fused_ce --as cross_entropy:label_smoothing=0.1

    losscli check torch --as bce --dtype float16
    """
    from losscli.cli.console import printed, progress_bar, user_code
    from losscli.plans.check import CheckPlan
    from losscli.render.formats import check_format

    check_format(format)
    plan = CheckPlan(impl, loss, dtype, device, seed, tuple(output or ()), examples)
    from losscli.commands.check import run_check

    bar = progress_bar(wanted=not (no_progress or quiet))
    with user_code(refused=no_user_code), bar as progress:
        result = run_check(plan, progress)
    printed(result, format, quiet=quiet)
    return result.exit_code
