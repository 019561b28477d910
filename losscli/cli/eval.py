"""`losscli eval`: options in, one call into the library, one call into the renderer."""

from typing import Annotated, Any, TypeAlias

import typer

from losscli.cli import options as opt

GATES = "Gates"

Preds: TypeAlias = Annotated[
    str, typer.Argument(help="Predictions, .npy or .csv; or one table that holds both.")
]
Targets: TypeAlias = Annotated[
    str | None, typer.Argument(help="Targets, .npy or .csv.", show_default=False)
]
Losses: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--loss", "-l", metavar="SPEC", rich_help_panel=opt.LOSS, show_default=False,
        help='[LABEL=]NAME[:key=value,...], FILE.py:NAME, or a sum, "mse + 0.01*mae"; repeatable,'
        " or by commas.",
        autocompletion=opt.complete_loss,
    ),
]  # fmt: skip
Pred: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--pred", metavar="COL[,COL...]", rich_help_panel=opt.DATA, show_default=False,
                 help="Columns of the predictions; default: the one that holds numbers."),
]  # fmt: skip
Target: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--target", metavar="COL[,COL...]", rich_help_panel=opt.DATA, show_default=False,
                 help="Columns of the targets; default: the one that holds numbers."),
]  # fmt: skip
Id: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--id", metavar="COL[,COL...]", rich_help_panel=opt.DATA, show_default=False,
                 help="Columns of ids, which must agree row by row in both tables."),
]  # fmt: skip
Weights: TypeAlias = Annotated[
    str | None,
    typer.Option("--weights", metavar="COL|FILE", rich_help_panel=opt.DATA, show_default=False,
                 help="A weight a row: a column where a table has it, else a file."),
]  # fmt: skip
By: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--by", metavar="COL[,COL]|FILE", rich_help_panel=opt.STATS, show_default=False,
                 help="Every loss of each group too: by columns of a table, or a file of keys."
                 " Rows without a key are a group."),
]  # fmt: skip
Header: TypeAlias = Annotated[
    bool,
    typer.Option("--header/--no-header", rich_help_panel=opt.DATA,
                 help="Whether tables begin with the names of their columns; without, 1, 2, ..."),
]  # fmt: skip
Nan: TypeAlias = Annotated[
    str,
    typer.Option("--nan", metavar="error|skip|propagate", rich_help_panel=opt.DATA,
                 help="What a missing number does."),
]  # fmt: skip
Reduction: TypeAlias = Annotated[
    str,
    typer.Option("--reduction", metavar="mean|sum|none", rich_help_panel=opt.STATS,
                 help="What the value is; none keeps only --per-sample."),
]  # fmt: skip
Ci: TypeAlias = Annotated[
    str,
    typer.Option("--ci", metavar="LEVEL", rich_help_panel=opt.STATS,
                 help="Level of the interval of the mean, 0.95 or 95%."),
]  # fmt: skip
Like: TypeAlias = Annotated[
    str | None,
    typer.Option("--like", metavar="LIBRARY", rich_help_panel=opt.STATS,
                 help="Conventions of torch, keras, sklearn or optax: the number that it prints."),
]  # fmt: skip
PerSample: TypeAlias = Annotated[
    str | None,
    typer.Option("--per-sample", metavar="FILE", rich_help_panel=opt.OUT, show_default=False,
                 help="Write the loss of every row, in input order: .npy or .csv."),
]  # fmt: skip
Backend: TypeAlias = Annotated[
    str,
    typer.Option("--backend", metavar="auto|numpy|torch", rich_help_panel=opt.COMPUTE,
                 help="What computes; auto is numpy, or torch on an accelerator."),
]  # fmt: skip
Device: TypeAlias = Annotated[
    str,
    typer.Option("--device", metavar="cpu|cuda|cuda:N|mps", rich_help_panel=opt.COMPUTE,
                 help="Where it computes."),
]  # fmt: skip
Dtype: TypeAlias = Annotated[
    str,
    typer.Option("--dtype", metavar="float64|float32", rich_help_panel=opt.COMPUTE,
                 help="The arithmetic; float32 is faster and less exact."),
]  # fmt: skip
Engine: TypeAlias = Annotated[
    str,
    typer.Option("--engine", metavar="local", rich_help_panel=opt.COMPUTE,
                 help="What runs the blocks."),
]  # fmt: skip
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
Save: TypeAlias = Annotated[
    bool,
    typer.Option("--save", rich_help_panel=opt.OUT,
                 help="Keep the JSON too: eval/TIME-HASH.json and eval/latest.json in --results."),
]  # fmt: skip


def command(
    preds: Preds,
    targets: Targets = None,
    loss: Losses = None,
    pred: Pred = None,
    target: Target = None,
    id: Id = None,  # noqa: A002 - the flag is called so
    weights: Weights = None,
    by: By = None,
    header: Header = True,
    nan: Nan = "error",
    reduction: Reduction = "mean",
    ci: Ci = "0.95",
    like: Like = None,
    backend: Backend = "auto",
    device: Device = "cpu",
    dtype: Dtype = "float64",
    threads: opt.Threads = 0,
    engine: Engine = "local",
    gate: Gates = None,
    max: Max = None,  # noqa: A002 - the flag is called so
    min: Min = None,  # noqa: A002 - the flag is called so
    baseline: Baseline = None,
    allow_note: AllowNote = None,
    per_sample: PerSample = None,
    no_user_code: opt.NoUserCode = False,
    format: opt.Format = "table",  # noqa: A002 - the flag is called so
    output: opt.Output = None,
    save: Save = False,
    results: opt.Results = "results",
    quiet: opt.Quiet = False,
    no_progress: opt.NoProgress = False,
    debug: opt.Debug = False,  # noqa: ARG001 - read before the command runs
) -> int:
    """The losses of PREDS against TARGETS, exactly summed, from files of any size.

    Both are .npy or .csv files; one table may hold both, with --pred and --target.

    losscli eval preds.npy targets.npy --loss smooth_l1

    losscli eval table.csv --pred y_hat --target y -l mse -l smooth_l1:beta=0.5 --by region

    losscli eval preds.npy targets.npy -l mse --max mse=0.25 --gate "mse.ci_high <= 0.3"

    losscli eval logits.npy labels.npy -l cross_entropy:label_smoothing=0.1,ignore_index=-100
    """
    from losscli.backends.heap import reuse_freed_memory
    from losscli.cli.console import printed, progress_bar, user_code
    from losscli.plans.evaluate import EvalPlan
    from losscli.render.formats import check_format

    check_format(format)
    plan = EvalPlan(
        preds,
        targets,
        loss=loss or (),
        pred=_columns(pred, "--pred"),
        target=_columns(target, "--target"),
        id=_columns(id, "--id"),
        weights=weights,
        by=tuple(name.strip() for names in by or () for name in names.split(",")),
        header=header,
        nan=_any(nan),
        reduction=_any(reduction),
        ci=ci,
        like=like,
        backend=_any(backend),
        device=device,
        dtype=_any(dtype),
        threads=threads,
        engine=engine,
        gate=tuple(gate or ()),
        max=tuple(max or ()),
        min=tuple(min or ()),
        baseline=baseline,
        allow_note=tuple(allow_note or ()),
        per_sample=per_sample,
        output=output or (),
        save=save,
        results=results,
        digest=format == "json",
    )
    reuse_freed_memory()
    from losscli.commands.evaluate import run_evaluation

    bar = progress_bar(wanted=not (no_progress or quiet))
    with user_code(refused=no_user_code), bar as progress:
        result = run_evaluation(plan, progress)
    printed(result, format, quiet=quiet)
    return result.exit_code


def _columns(given: list[str] | None, flag: str) -> tuple[str, ...]:
    """The columns of `a,b`; the flag given twice would be two models, which is `compare`."""
    from losscli.errors import UsageError

    if not given:
        return ()
    if len(given) > 1:
        raise UsageError(
            f"{flag} was given {len(given)} times",
            hint=f"columns of one matrix: {flag} {','.join(given)}; two models: losscli compare",
        )
    return tuple(name.strip() for name in given[0].split(","))


def _any(word: str) -> Any:
    """A word that the plan checks against its choices."""
    return word
