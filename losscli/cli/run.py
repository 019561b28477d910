"""`losscli run`: options in, one call into the library, one call into the renderer."""

from typing import Annotated, TypeAlias

import typer

from losscli.cli import options as opt

RUN = "Running"

Config: TypeAlias = Annotated[
    list[str],
    typer.Argument(metavar="CONFIG.yaml", help="What to run; several with --dry-run.",
                   show_default=False),
]  # fmt: skip
Set: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", rich_help_panel=RUN, show_default=False,
                 help="Put a value in its place, such as evals.val.nan=skip; repeatable."),
]  # fmt: skip
Only: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="NAME", rich_help_panel=RUN, show_default=False,
                 help="Run these, and judge their gates; repeatable, or by commas."),
]  # fmt: skip
FailFast: TypeAlias = Annotated[
    bool, typer.Option("--fail-fast", rich_help_panel=RUN, help="Stop at the first failure.")
]
DryRun: TypeAlias = Annotated[
    bool,
    typer.Option("--dry-run", rich_help_panel=RUN,
                 help="Only say what would be done: headers are read, sizes and times guessed."),
]  # fmt: skip
Headers: TypeAlias = Annotated[
    bool,
    typer.Option("--data/--no-data", rich_help_panel=RUN,
                 help="Whether --dry-run looks at the data, or judges the configs alone."),
]  # fmt: skip
PrintConfig: TypeAlias = Annotated[
    bool,
    typer.Option("--print-config", rich_help_panel=RUN,
                 help="Only say each value and where it came from."),
]  # fmt: skip
SelfTest: TypeAlias = Annotated[
    bool,
    typer.Option("--self-test", rich_help_panel=RUN,
                 help="Put faults into copies of the data and see whether the gates trip."),
]  # fmt: skip
SaveRun: TypeAlias = Annotated[
    bool,
    typer.Option("--save/--no-save", rich_help_panel=opt.OUT, help="Whether the result is kept."),
]


def command(
    config: Config,
    set: Set = None,  # noqa: A002 - the flag is called so
    only: Only = None,
    fail_fast: FailFast = False,
    dry_run: DryRun = False,
    data: Headers = True,
    print_config: PrintConfig = False,
    self_test: SelfTest = False,
    results: opt.Results = "results",
    save: SaveRun = True,
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

    from losscli.backends.heap import reuse_freed_memory
    from losscli.cli.console import printed, progress_bar, user_code
    from losscli.config.planner import plans_of
    from losscli.errors import UsageError
    from losscli.render.formats import check_format

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
        from losscli.commands.dry_run import outline
        from losscli.commands.print_config import settings

        listing = outline(plans, data=data) if dry_run else settings(plans[0])
        printed(listing, format, quiet=quiet)
        return listing.exit_code
    plan = plans[0]
    reuse_freed_memory()
    result: Any
    bar = progress_bar(wanted=not (no_progress or quiet))
    with user_code(refused=no_user_code), bar as progress:
        if self_test:
            from losscli.selftest import self_test as run_self_test

            result = run_self_test(plan, output=tuple(output or ()), progress=progress)
        else:
            from losscli.commands.run import run_config

            result = run_config(
                plan,
                output=tuple(output or ()),
                fail_fast=fail_fast,
                results=results if save else None,
                command=("losscli", *sys.argv[1:]),
                progress=progress,
            )
    printed(result, format, quiet=quiet)
    return int(result.exit_code)
