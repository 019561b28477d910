"""Options that several commands share; those of one stand beside it. A default is the plan's."""

from typing import Annotated, TypeAlias

import typer


def complete_loss(incomplete: str) -> list[str]:
    """The specs that begin so: names of losses, and after a colon their parameters."""
    from losscli.losses.registry import find, modules

    name, colon, rest = incomplete.rpartition("=")[2].partition(":")
    if not colon:
        return [found for found in modules() if found.startswith(name)]
    done, comma, start = rest.rpartition(",")
    params = find(name)[0].params if name in modules() else ()
    return [f"{name}:{done}{comma}{p.name}=" for p in params if p.name.startswith(start)]


# The panels of a help page.
DATA, LOSS, STATS, COMPUTE, OUT = "Data", "Losses", "Statistics", "Computing", "Output"
MEASURE, LOOK = "Measuring", "What is looked for"

Threads: TypeAlias = Annotated[
    int,
    typer.Option("--threads", metavar="N", rich_help_panel=COMPUTE,
                 help="Workers; 0 is all cores. No bit of a result depends on it."),
]  # fmt: skip
Format: TypeAlias = Annotated[
    str,
    typer.Option("--format", metavar="table|json|csv|markdown|junit|github", rich_help_panel=OUT,
                 help="What is printed."),
]  # fmt: skip
Output: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--output", "-o", metavar="FILE", rich_help_panel=OUT, show_default=False,
                 help="Write a file too, by its suffix .json, .csv, .md or .xml; repeatable."),
]  # fmt: skip
Quiet: TypeAlias = Annotated[
    bool,
    typer.Option("--quiet", "-q", rich_help_panel=OUT, help="No table; notes and errors only."),
]
NoProgress: TypeAlias = Annotated[
    bool, typer.Option("--no-progress", rich_help_panel=OUT, help="No progress bar.")
]
NoUserCode: TypeAlias = Annotated[
    bool,
    typer.Option("--no-user-code", rich_help_panel=COMPUTE,
                 help="Refuse FILE.py:NAME, MODULE:NAME and losses of other packages."),
]  # fmt: skip
Debug: TypeAlias = Annotated[
    bool, typer.Option("--debug", rich_help_panel=OUT, help="Show the traceback of an error.")
]
Seed: TypeAlias = Annotated[
    int, typer.Option("--seed", metavar="N", rich_help_panel=DATA, help="Of the inputs.")
]
Results: TypeAlias = Annotated[
    str, typer.Option("--results", metavar="DIR", rich_help_panel=OUT, help="Where results go.")
]
Result: TypeAlias = Annotated[
    str, typer.Argument(metavar="RESULT", help="A file, or a config's name for its latest.")
]
