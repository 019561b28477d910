"""`losscli eval`: options in, one call into the library, one call into the renderer."""

from typing import Any

from losscli.cli import options as opt


def command(
    preds: opt.Preds,
    targets: opt.Targets = None,
    loss: opt.Losses = None,
    pred: opt.Pred = None,
    target: opt.Target = None,
    id: opt.Id = None,  # noqa: A002 - the flag is called so
    weights: opt.Weights = None,
    by: opt.By = None,
    header: opt.Header = True,
    nan: opt.Nan = "error",
    reduction: opt.Reduction = "mean",
    ci: opt.Ci = "0.95",
    like: opt.Like = None,
    backend: opt.Backend = "auto",
    device: opt.Device = "cpu",
    dtype: opt.Dtype = "float64",
    threads: opt.Threads = 0,
    engine: opt.Engine = "local",
    gate: opt.Gates = None,
    max: opt.Max = None,  # noqa: A002 - the flag is called so
    min: opt.Min = None,  # noqa: A002 - the flag is called so
    baseline: opt.Baseline = None,
    allow_note: opt.AllowNote = None,
    per_sample: opt.PerSample = None,
    no_user_code: opt.NoUserCode = False,
    format: opt.Format = "table",  # noqa: A002 - the flag is called so
    output: opt.Output = None,
    save: opt.Save = False,
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
    from losscli.cli.console import printed, progress_bar, user_code
    from losscli.machine import reuse_freed_memory
    from losscli.plans import EvalPlan, check_format

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
    from losscli.runs import carry_out

    bar = progress_bar(wanted=not (no_progress or quiet))
    with user_code(refused=no_user_code), bar as progress:
        result = carry_out(plan, progress)
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
