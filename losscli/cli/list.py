"""`losscli list`: one call into the library, one call into the renderer."""

from typing import Annotated, TypeAlias

import typer

from losscli.cli import options as opt


def complete_family(incomplete: str) -> list[str]:
    """The families that begin so."""
    from losscli.losses.registry import families

    return [family for family in families() if family.startswith(incomplete)]


Word: TypeAlias = Annotated[
    str | None, typer.Argument(metavar="[WORD]", help="Part of a name, a formula or a use.",
                               show_default=False)
]  # fmt: skip
Family: TypeAlias = Annotated[
    str | None,
    typer.Option("--family", metavar="NAME", rich_help_panel=opt.LOOK, show_default=False,
                 help="Losses of one family, such as regression.", autocompletion=complete_family),
]  # fmt: skip
Task: TypeAlias = Annotated[
    str | None,
    typer.Option("--task", metavar="NAME", rich_help_panel=opt.LOOK, show_default=False,
                 help="regression, count, distribution, binary, multiclass, multilabel, ordinal,"
                 " divergence, ranking, segmentation or box."),
]  # fmt: skip
Takes: TypeAlias = Annotated[
    str | None,
    typer.Option("--takes", metavar="KIND", rich_help_panel=opt.LOOK, show_default=False,
                 help="What predictions or targets are: real, probability, logit, label, ..."),
]  # fmt: skip


def command(
    word: Word = None,
    family: Family = None,
    task: Task = None,
    takes: Takes = None,
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
    from losscli.render.formats import check_format

    check_format(format)
    result = catalogue(word, family, task, takes)
    printed(result, format, quiet=quiet)
    return result.exit_code
