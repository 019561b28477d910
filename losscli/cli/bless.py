"""`losscli bless`: options in, one call into the library, one call into the renderer."""

from losscli.cli import options as opt


def command(
    result: opt.Result,
    reason: opt.Reason,
    to: opt.To = None,
    results: opt.Results = "results",
    format: opt.Format = "table",  # noqa: A002 - the flag is called so
    quiet: opt.Quiet = False,
    no_progress: opt.NoProgress = False,  # noqa: ARG001 - there is nothing to wait for
    debug: opt.Debug = False,  # noqa: ARG001 - read before the command runs
) -> int:
    """Make RESULT the baseline that gates are held against; nothing else changes one.

    losscli bless results/ci-gate/latest.json --reason "new tokenizer"

    losscli bless ci-gate --reason "first baseline" --to baselines/main.json
    """
    from losscli.blessing import bless
    from losscli.cli.console import printed
    from losscli.listings import path_of
    from losscli.plans import check_format

    check_format(format)
    printed(bless(path_of(result, results), reason, to), format, quiet=quiet)
    return 0
