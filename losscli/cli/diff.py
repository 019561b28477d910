"""`losscli diff`: options in, one call into the library, one call into the renderer."""

from typing import Annotated, TypeAlias

import typer

from losscli.cli import options as opt

OldResult: TypeAlias = Annotated[
    str, typer.Argument(metavar="OLD.json", help="A saved result of eval, bench or run.")
]
NewResult: TypeAlias = Annotated[
    str, typer.Argument(metavar="NEW.json", help="Another one, of the same kind.")
]
Margin: TypeAlias = Annotated[
    str | None,
    typer.Option("--margin", metavar="SHARE", rich_help_panel=opt.STATS, show_default=False,
                 help="The largest relative increase that is none. Default: 0 for losses, so that"
                 " any significant increase is worse; 5% for times."),
]  # fmt: skip
FailOn: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--fail-on", metavar="worse|slower|undecided", rich_help_panel=opt.STATS,
                 show_default=False,
                 help="Exit with 1 for a loss that is worse or a slower row of a benchmark, with 6"
                 " for what is undecided; repeatable, or by commas. Default: report, exit with 0."),
]  # fmt: skip
Paired: TypeAlias = Annotated[
    bool,
    typer.Option("--per-sample", rich_help_panel=opt.STATS,
                 help="Read the losses of the rows that both evaluations kept, and pair them."),
]  # fmt: skip
AllowDifferentData: TypeAlias = Annotated[
    bool,
    typer.Option("--allow-different-data", rich_help_panel=opt.STATS,
                 help="Compare evaluations of other targets, weights, ids or groups all the same."),
]  # fmt: skip
BetweenRuns: TypeAlias = Annotated[
    str,
    typer.Option("--between-runs", metavar="SHARE", rich_help_panel=opt.STATS,
                 help="Of times: standard deviation of a whole run on a shared machine, for raw"
                 " ratios."),
]  # fmt: skip
Across: TypeAlias = Annotated[
    bool,
    typer.Option("--across", rich_help_panel=opt.STATS,
                 help="Of times: decide rows from other machines, versions or thread counts too."),
]  # fmt: skip


def command(
    old: OldResult,
    new: NewResult,
    margin: Margin = None,
    fail_on: FailOn = None,
    per_sample: Paired = False,
    allow_different_data: AllowDifferentData = False,
    between_runs: BetweenRuns = "3%",
    across: Across = False,
    format: opt.Format = "table",  # noqa: A002 - the flag is called so
    output: opt.Output = None,
    quiet: opt.Quiet = False,
    no_progress: opt.NoProgress = False,  # noqa: ARG001 - there is too little to wait for
    debug: opt.Debug = False,  # noqa: ARG001 - read before the command runs
) -> int:
    """What changed between two saved results of eval, bench or run, and whether it is noise.

    losscli diff old.json new.json

    losscli diff old.json new.json --per-sample --margin 1% --fail-on worse

    losscli diff old-bench.json new-bench.json --margin 10% --fail-on slower,undecided
    """
    from losscli.cli.console import printed
    from losscli.plans.diff import DiffPlan
    from losscli.render.formats import check_format

    check_format(format)
    words = [part.strip() for text in fail_on or () for part in text.split(",")]
    plan = DiffPlan(
        old=old,
        new=new,
        margin=margin,
        fail_on=tuple(word for word in words if word),
        per_sample=per_sample,
        allow_different_data=allow_different_data,
        between_runs=between_runs,
        across=across,
        output=tuple(output or ()),
    )
    if fail_on and not plan.fail_on:
        from losscli.errors import UsageError

        raise UsageError("--fail-on names nothing to fail on", hint="--fail-on worse,undecided")
    from losscli.commands.diff import run_diff

    result = run_diff(plan)
    printed(result, format, quiet=quiet)
    return result.exit_code
