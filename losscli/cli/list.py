"""`losscli list`: one call into the library, one call into the renderer."""

from losscli.cli import options as opt


def command(
    word: opt.Word = None,
    family: opt.Family = None,
    task: opt.Task = None,
    takes: opt.Takes = None,
    format: opt.Format = "table",  # noqa: A002 - the flag is called so
    quiet: opt.Quiet = False,
    no_progress: opt.NoProgress = False,  # noqa: ARG001 - there is little to wait for
    debug: opt.Debug = False,  # noqa: ARG001 - read before the command runs
) -> int:
    """The losses that there are, by family; WORD is looked for in names, formulas and uses.

    losscli list

    losscli list --task multiclass --takes logit

    losscli list quantile --format json
    """
    from losscli.cli.console import printed
    from losscli.explanation.catalogue import catalogue
    from losscli.plans import check_format

    check_format(format)
    result = catalogue(word, family, task, takes)
    printed(result, format, quiet=quiet)
    return result.exit_code
