"""Every option that commands share, declared once; a default is the plan's."""

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


def complete_family(incomplete: str) -> list[str]:
    """The families that begin so."""
    from losscli.losses.registry import families

    return [family for family in families() if family.startswith(incomplete)]


def complete_document(incomplete: str) -> list[str]:
    """The kinds of documents that begin so."""
    from losscli.schemas import DOCUMENTS

    return [kind for kind in ("config", *DOCUMENTS) if kind.startswith(incomplete)]


DATA, LOSS, STATS, COMPUTE, OUT = "Data", "Losses", "Statistics", "Computing", "Output"

Preds: TypeAlias = Annotated[
    str, typer.Argument(help="Predictions, .npy or .csv; or one table that holds both.")
]
Targets: TypeAlias = Annotated[
    str | None, typer.Argument(help="Targets, .npy or .csv.", show_default=False)
]
Losses: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--loss", "-l", metavar="SPEC", rich_help_panel=LOSS, show_default=False,
        help='[LABEL=]NAME[:key=value,...], FILE.py:NAME, or a sum, "mse + 0.01*mae"; repeatable,'
        " or by commas.",
        autocompletion=complete_loss,
    ),
]  # fmt: skip
Pred: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--pred", metavar="COL[,COL...]", rich_help_panel=DATA, show_default=False,
                 help="Columns of the predictions; default: the one that holds numbers."),
]  # fmt: skip
Target: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--target", metavar="COL[,COL...]", rich_help_panel=DATA, show_default=False,
                 help="Columns of the targets; default: the one that holds numbers."),
]  # fmt: skip
Id: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--id", metavar="COL[,COL...]", rich_help_panel=DATA, show_default=False,
                 help="Columns of ids, which must agree row by row in both tables."),
]  # fmt: skip
Weights: TypeAlias = Annotated[
    str | None,
    typer.Option("--weights", metavar="COL|FILE", rich_help_panel=DATA, show_default=False,
                 help="A weight a row: a column where a table has it, else a file."),
]  # fmt: skip
By: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--by", metavar="COL[,COL]|FILE", rich_help_panel=STATS, show_default=False,
                 help="Every loss of each group too: by columns of a table, or a file of keys."
                 " Rows without a key are a group."),
]  # fmt: skip
Header: TypeAlias = Annotated[
    bool,
    typer.Option("--header/--no-header", rich_help_panel=DATA,
                 help="Whether tables begin with the names of their columns; without, 1, 2, ..."),
]  # fmt: skip
Nan: TypeAlias = Annotated[
    str,
    typer.Option("--nan", metavar="error|skip|propagate", rich_help_panel=DATA,
                 help="What a missing number does."),
]  # fmt: skip
Reduction: TypeAlias = Annotated[
    str,
    typer.Option("--reduction", metavar="mean|sum|none", rich_help_panel=STATS,
                 help="What the value is; none keeps only --per-sample."),
]  # fmt: skip
Ci: TypeAlias = Annotated[
    str,
    typer.Option("--ci", metavar="LEVEL", rich_help_panel=STATS,
                 help="Level of the interval of the mean, 0.95 or 95%."),
]  # fmt: skip
Like: TypeAlias = Annotated[
    str | None,
    typer.Option("--like", metavar="LIBRARY", rich_help_panel=STATS,
                 help="Conventions of torch, keras, sklearn or optax: the number that it prints."),
]  # fmt: skip
PerSample: TypeAlias = Annotated[
    str | None,
    typer.Option("--per-sample", metavar="FILE", rich_help_panel=OUT, show_default=False,
                 help="Write the loss of every row, in input order: .npy or .csv."),
]  # fmt: skip
Backend: TypeAlias = Annotated[
    str,
    typer.Option("--backend", metavar="auto|numpy|torch", rich_help_panel=COMPUTE,
                 help="What computes; auto is numpy, or torch on an accelerator."),
]  # fmt: skip
Device: TypeAlias = Annotated[
    str,
    typer.Option("--device", metavar="cpu|cuda|cuda:N|mps", rich_help_panel=COMPUTE,
                 help="Where it computes."),
]  # fmt: skip
Dtype: TypeAlias = Annotated[
    str,
    typer.Option("--dtype", metavar="float64|float32", rich_help_panel=COMPUTE,
                 help="The arithmetic; float32 is faster and less exact."),
]  # fmt: skip
Threads: TypeAlias = Annotated[
    int,
    typer.Option("--threads", metavar="N", rich_help_panel=COMPUTE,
                 help="Workers; 0 is all cores. No bit of a result depends on it."),
]  # fmt: skip
Engine: TypeAlias = Annotated[
    str,
    typer.Option("--engine", metavar="local", rich_help_panel=COMPUTE,
                 help="What runs the blocks."),
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

MEASURE = "Measuring"

BenchLosses: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--loss", "-l", metavar="SPEC", rich_help_panel=LOSS, show_default=False,
        help="As in eval, or linear_cross_entropy; default: the five founding losses.",
        autocompletion=complete_loss,
    ),
]  # fmt: skip
Impl: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--impl", metavar="NAME", rich_help_panel=LOSS, show_default=False,
        help="numpy, torch, torch.compile, sklearn, liger, all, FILE.py:FUNCTION or"
        " MODULE:FUNCTION; repeatable, or by commas. The first is the baseline.",
    ),
]  # fmt: skip
Size: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--size", metavar="N|ROWSxCLASSES", rich_help_panel=DATA, show_default=False,
                 help="Elements, or rows and classes; repeatable, or by commas."),
]  # fmt: skip
Pass: TypeAlias = Annotated[
    str,
    typer.Option("--pass", metavar="forward|forward+backward|both", rich_help_panel=MEASURE,
                 help="What is timed."),
]  # fmt: skip
TensorDtype: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--dtype", metavar="TYPE", rich_help_panel=DATA, show_default=False,
                 help="Of the inputs: float32 (default), float64, float16, bfloat16."),
]  # fmt: skip
Devices: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--device", metavar="cpu|cuda|cuda:N", rich_help_panel=COMPUTE,
                 show_default=False, help="Where; by commas for rows of each. Default: cpu."),
]  # fmt: skip
Cache: TypeAlias = Annotated[
    str | None,
    typer.Option("--cache", metavar="warm|cold", rich_help_panel=MEASURE, show_default=False,
                 help="Whether caches are emptied before a call; default: on CUDA only."),
]  # fmt: skip
Time: TypeAlias = Annotated[
    float,
    typer.Option("--time", metavar="S", rich_help_panel=MEASURE,
                 help="Seconds for the whole command after its start."),
]  # fmt: skip
Resolve: TypeAlias = Annotated[
    str,
    typer.Option("--resolve", metavar="SHARE|none", rich_help_panel=MEASURE,
                 help="Stop where the interval of the speed-up is that narrow."),
]  # fmt: skip
Seed: TypeAlias = Annotated[
    int, typer.Option("--seed", metavar="N", rich_help_panel=DATA, help="Of the inputs.")
]
Examples: TypeAlias = Annotated[
    int | None,
    typer.Option("--examples", metavar="N", rich_help_panel=DATA,
                 help="Adversarial inputs a pass (100; 0 is none).", show_default=False),
]  # fmt: skip
Memory: TypeAlias = Annotated[
    bool,
    typer.Option("--memory/--no-memory", rich_help_panel=MEASURE,
                 help="Whether peak memory is measured, in processes of its own."),
]  # fmt: skip
Plot: TypeAlias = Annotated[
    str | None,
    typer.Option("--plot", metavar="FILE", rich_help_panel=OUT, show_default=False,
                 help="Draw time and bandwidth against size: .png, .svg or .pdf."),
]  # fmt: skip

Quick: TypeAlias = Annotated[
    bool, typer.Option("--quick", rich_help_panel=MEASURE, help="Measure nothing.")
]
OldResult: TypeAlias = Annotated[
    str, typer.Argument(metavar="OLD.json", help="A saved result of eval, bench or run.")
]
NewResult: TypeAlias = Annotated[
    str, typer.Argument(metavar="NEW.json", help="Another one, of the same kind.")
]
Margin: TypeAlias = Annotated[
    str | None,
    typer.Option("--margin", metavar="SHARE", rich_help_panel=STATS, show_default=False,
                 help="The largest relative increase that is none. Default: 0 for losses, so that"
                 " any significant increase is worse; 5% for times."),
]  # fmt: skip
FailOn: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--fail-on", metavar="worse|slower|undecided", rich_help_panel=STATS,
                 show_default=False,
                 help="Exit with 1 for a loss that is worse or a slower row of a benchmark, with 6"
                 " for what is undecided; repeatable, or by commas. Default: report, exit with 0."),
]  # fmt: skip
Paired: TypeAlias = Annotated[
    bool,
    typer.Option("--per-sample", rich_help_panel=STATS,
                 help="Read the losses of the rows that both evaluations kept, and pair them."),
]  # fmt: skip
AllowDifferentData: TypeAlias = Annotated[
    bool,
    typer.Option("--allow-different-data", rich_help_panel=STATS,
                 help="Compare evaluations of other targets, weights, ids or groups all the same."),
]  # fmt: skip
BetweenRuns: TypeAlias = Annotated[
    str,
    typer.Option("--between-runs", metavar="SHARE", rich_help_panel=STATS,
                 help="Of times: standard deviation of a whole run on a shared machine, for raw"
                 " ratios."),
]  # fmt: skip
Across: TypeAlias = Annotated[
    bool,
    typer.Option("--across", rich_help_panel=STATS,
                 help="Of times: decide rows from other machines, versions or thread counts too."),
]  # fmt: skip

Checked: TypeAlias = Annotated[
    str,
    typer.Argument(help="A loss, FILE.py:FUNCTION, MODULE:FUNCTION, or a library with --as."),
]
As: TypeAlias = Annotated[
    str | None,
    typer.Option("--as", metavar="LOSS[:key=value]", rich_help_panel=LOSS, show_default=False,
                 help="The loss that it should be.", autocompletion=complete_loss),
]  # fmt: skip
CheckDtype: TypeAlias = Annotated[
    str,
    typer.Option("--dtype", metavar="TYPE", rich_help_panel=DATA,
                 help="Of the inputs: float32, float64, float16, bfloat16."),
]  # fmt: skip
CheckDevice: TypeAlias = Annotated[
    str,
    typer.Option("--device", metavar="cpu|cuda|cuda:N", rich_help_panel=COMPUTE,
                 help="Where it computes."),
]  # fmt: skip

GATES = "Gates"

Gates: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--gate", metavar="GATE", rich_help_panel=GATES, show_default=False,
                 help='What must hold, in quotes: "mse.ci_high <= 0.3"; else exit code 1.'),
]  # fmt: skip
Max: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--max", metavar="LABEL=N", rich_help_panel=GATES, show_default=False,
                 help="The loss must be at most N."),
]  # fmt: skip
Min: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--min", metavar="LABEL=N", rich_help_panel=GATES, show_default=False,
                 help="The loss must be at least N."),
]  # fmt: skip
Baseline: TypeAlias = Annotated[
    str | None,
    typer.Option("--baseline", metavar="RESULT", rich_help_panel=GATES, show_default=False,
                 help='A saved evaluation, .json, for gates such as "mse <= baseline * 1.02".'),
]  # fmt: skip
AllowNote: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--allow-note", metavar="CODE", rich_help_panel=GATES, show_default=False,
                 help="A note that spoils no gate, such as looks_like_probabilities."),
]  # fmt: skip

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
Results: TypeAlias = Annotated[
    str, typer.Option("--results", metavar="DIR", rich_help_panel=OUT, help="Where results go.")
]
Save: TypeAlias = Annotated[
    bool,
    typer.Option("--save", rich_help_panel=OUT,
                 help="Keep the JSON too: eval/TIME-HASH.json and eval/latest.json in --results."),
]  # fmt: skip
SaveRun: TypeAlias = Annotated[
    bool, typer.Option("--save/--no-save", rich_help_panel=OUT, help="Whether the result is kept.")
]
ConfigName: TypeAlias = Annotated[
    str | None, typer.Argument(metavar="[CONFIG]", help="A config's name.", show_default=False)
]
Result: TypeAlias = Annotated[
    str, typer.Argument(metavar="RESULT", help="A file, or a config's name for its latest.")
]
SchemaFormat: TypeAlias = Annotated[
    str, typer.Option("--format", metavar="json", rich_help_panel=OUT, help="A schema is JSON.")
]
SchemaOf: TypeAlias = Annotated[
    str,
    typer.Option("--of", metavar="KIND",
                 help="config, or a document: eval, bench, run, diff, check, error, results, ...",
                 autocompletion=complete_document),
]  # fmt: skip
Reason: TypeAlias = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why: it is kept in the baseline.")
]
To: TypeAlias = Annotated[
    str | None,
    typer.Option("--to", metavar="FILE", show_default=False,
                 help="The baseline; default: the one that the result's config names."),
]  # fmt: skip
CiKind: TypeAlias = Annotated[
    str,
    typer.Option("--ci", metavar="github|gitlab|shell|none", rich_help_panel=OUT,
                 help="The workflow that is written."),
]  # fmt: skip

LOOK = "What is looked for"

Word: TypeAlias = Annotated[
    str | None, typer.Argument(metavar="[WORD]", help="Part of a name, a formula or a use.",
                               show_default=False)
]  # fmt: skip
Family: TypeAlias = Annotated[
    str | None,
    typer.Option("--family", metavar="NAME", rich_help_panel=LOOK, show_default=False,
                 help="Losses of one family, such as regression.", autocompletion=complete_family),
]  # fmt: skip
Task: TypeAlias = Annotated[
    str | None,
    typer.Option("--task", metavar="NAME", rich_help_panel=LOOK, show_default=False,
                 help="regression, count, distribution, binary, multiclass, multilabel, ordinal,"
                 " divergence, ranking, segmentation or box."),
]  # fmt: skip
Takes: TypeAlias = Annotated[
    str | None,
    typer.Option("--takes", metavar="KIND", rich_help_panel=LOOK, show_default=False,
                 help="What predictions or targets are: real, probability, logit, label, ..."),
]  # fmt: skip
Explained: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="LOSS[:key=value,...]", help="A loss, with parameters or without.",
                   autocompletion=complete_loss, show_default=False),
]  # fmt: skip
Plotted: TypeAlias = Annotated[
    list[str],
    typer.Argument(metavar="LOSS...", help="Losses, with parameters or without.",
                   autocompletion=complete_loss, show_default=False),
]  # fmt: skip
PlotOutput: TypeAlias = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="FILE", rich_help_panel=OUT, show_default=False,
                 help="A picture, by its suffix .png, .svg or .pdf, in place of the terminal's."),
]  # fmt: skip
PlotRange: TypeAlias = Annotated[
    str | None,
    typer.Option("--range", metavar="LOW:HIGH", rich_help_panel=LOOK, show_default=False,
                 help="What is drawn, such as -3:3; default: what suits the losses."),
]  # fmt: skip
PlotTarget: TypeAlias = Annotated[
    float | None,
    typer.Option("--target", metavar="NUMBER", rich_help_panel=LOOK, show_default=False,
                 help="The target beside the predictions, for losses of one number."),
]  # fmt: skip
Gradient: TypeAlias = Annotated[
    bool,
    typer.Option("--gradient/--no-gradient", rich_help_panel=LOOK,
                 help="Whether gradients are drawn beside the losses."),
]  # fmt: skip
PlotTitle: TypeAlias = Annotated[
    str | None,
    typer.Option("--title", metavar="TEXT", rich_help_panel=LOOK, show_default=False,
                 help="What stands above the picture."),
]  # fmt: skip
