"""`losscli doctor`: options in, one call into the library, one call into the renderer."""

from typing import Annotated, TypeAlias

import typer

from losscli.cli import options as opt

Quick: TypeAlias = Annotated[
    bool, typer.Option("--quick", rich_help_panel=opt.MEASURE, help="Measure nothing.")
]


def command(
    quick: Quick = False,
    format: opt.Format = "table",  # noqa: A002 - the flag is called so
    output: opt.Output = None,
    quiet: opt.Quiet = False,
    no_progress: opt.NoProgress = False,
    debug: opt.Debug = False,  # noqa: ARG001 - read before the command runs
) -> int:
    """What this machine can do: packages, devices, measured limits, noise.

    losscli doctor

    losscli doctor --quick --format json
    """
    from losscli.cli.console import printed, progress_bar
    from losscli.plans.doctor import DoctorPlan
    from losscli.render.formats import check_format

    check_format(format)
    plan = DoctorPlan(quick=quick, output=tuple(output or ()))
    from losscli.commands.doctor import run_doctor

    with progress_bar(wanted=not (no_progress or quiet)) as progress:
        result = run_doctor(plan, progress)
    printed(result, format, quiet=quiet)
    return result.exit_code
