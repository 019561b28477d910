"""`losscli run`: options in, one call into the library, one call into the renderer."""

from losscli.cli import options as opt


def command(
    config: opt.Config,
    set: opt.Set = None,  # noqa: A002 - the flag is called so
    only: opt.Only = None,
    fail_fast: opt.FailFast = False,
    dry_run: opt.DryRun = False,
    data: opt.Headers = True,
    print_config: opt.PrintConfig = False,
    self_test: opt.SelfTest = False,
    results: opt.Results = "results",
    save: opt.SaveRun = True,
    no_user_code: opt.NoUserCode = False,
    format: opt.Format = "table",  # noqa: A002 - the flag is called so
    output: opt.Output = None,
    quiet: opt.Quiet = False,
    no_progress: opt.NoProgress = False,
    debug: opt.Debug = False,  # noqa: ARG001 - read before the command runs
) -> int:
    """The evaluations, benchmarks and gates of CONFIG.yaml, saved under results/.

    losscli run configs/quickstart.yaml

    losscli run ci.yaml --set defaults.device=cuda --only val-loss -o junit.xml -o summary.md

    losscli run ci.yaml --dry-run

    losscli run configs/*.yaml --dry-run --no-data

    losscli run ci.yaml --self-test
    """
    import sys
    from typing import Any

    from losscli.cli.console import printed, progress_bar, user_code
    from losscli.config.planner import plans_of
    from losscli.errors import UsageError
    from losscli.machine import reuse_freed_memory
    from losscli.plans import check_format

    check_format(format)
    asked = {"--dry-run": dry_run, "--print-config": print_config, "--self-test": self_test}
    several = [name for name, wanted in asked.items() if wanted]
    if len(several) > 1:
        raise UsageError(f"{' and '.join(several)} exclude each other", hint="one at a time")
    if not (data or dry_run):
        raise UsageError("--no-data is of --dry-run", hint="a run reads its data")
    names = [name.strip() for text in only or () for name in text.split(",")]
    if len(config) > 1 and not dry_run:
        raise UsageError("one config is run at a time", hint="--dry-run takes several")
    with user_code(refused=no_user_code):
        plans = plans_of(config, tuple(set or ()), tuple(names))
    if print_config or dry_run:
        from losscli.listings import outline, settings

        listing = outline(plans, data=data) if dry_run else settings(plans[0])
        printed(listing, format, quiet=quiet)
        return listing.exit_code
    plan = plans[0]
    reuse_freed_memory()
    result: Any
    bar = progress_bar(wanted=not (no_progress or quiet))
    with user_code(refused=no_user_code), bar as progress:
        if self_test:
            from losscli.faults import self_test as carry_out_self_test

            result = carry_out_self_test(plan, output=tuple(output or ()), progress=progress)
        else:
            from losscli.steps import carry_out_run

            result = carry_out_run(
                plan,
                output=tuple(output or ()),
                fail_fast=fail_fast,
                results=results if save else None,
                command=("losscli", *sys.argv[1:]),
                progress=progress,
            )
    printed(result, format, quiet=quiet)
    return int(result.exit_code)
