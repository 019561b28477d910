"""`losscli diff`: options in, one call into the library, one call into the renderer."""

from losscli.cli import options as opt


def command(
    old: opt.OldResult,
    new: opt.NewResult,
    margin: opt.Margin = None,
    fail_on: opt.FailOn = None,
    per_sample: opt.Paired = False,
    allow_different_data: opt.AllowDifferentData = False,
    between_runs: opt.BetweenRuns = "3%",
    across: opt.Across = False,
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
    from losscli.plans import DiffPlan, check_format

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
    from losscli.runs import carry_out_diff

    result = carry_out_diff(plan)
    printed(result, format, quiet=quiet)
    return result.exit_code
