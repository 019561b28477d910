"""`losscli bench`: options in, one call into the library, one call into the renderer."""

from typing import Any

from losscli.cli import options as opt


def command(
    loss: opt.BenchLosses = None,
    impl: opt.Impl = None,
    size: opt.Size = None,
    passes: opt.Pass = "both",
    dtype: opt.TensorDtype = None,
    device: opt.Devices = None,
    cache: opt.Cache = None,
    time: opt.Time = 40.0,
    resolve: opt.Resolve = "1%",
    threads: opt.Threads = 0,
    seed: opt.Seed = 0,
    memory: opt.Memory = True,
    plot: opt.Plot = None,
    no_user_code: opt.NoUserCode = False,
    format: opt.Format = "table",  # noqa: A002 - the flag is called so
    output: opt.Output = None,
    quiet: opt.Quiet = False,
    no_progress: opt.NoProgress = False,
    debug: opt.Debug = False,  # noqa: ARG001 - read before the command runs
) -> int:
    """Speed, memory and rightness of loss implementations, side by side.

    Each is checked before and after it is timed; a wrong one ends with exit code 1.

    losscli bench

    losscli bench -l smooth_l1 -l cross_entropy --impl numpy,torch,torch.compile --size 1e6,1e7

    losscli bench -l cross_entropy --impl torch --impl kernels.py:fused_ce --pass forward
    """
    from losscli.cli.console import printed, progress_bar, user_code
    from losscli.plans import BenchPlan, check_format

    check_format(format)
    plan = BenchPlan(
        loss=tuple(loss or ()),
        impl=_several(impl),
        size=_several(size),
        passes=_any(passes),
        dtype=_several(dtype) or ("float32",),
        device=_several(device) or ("cpu",),
        cache=_any(cache),
        time=time,
        resolve=None if resolve == "none" else resolve,
        threads=threads,
        seed=seed,
        memory=memory,
        plot=plot,
        output=tuple(output or ()),
    )
    from losscli.runs import carry_out_bench

    bar = progress_bar(wanted=not (no_progress or quiet))
    with user_code(refused=no_user_code), bar as progress:
        result = carry_out_bench(plan, progress)
    printed(result, format, quiet=quiet)
    return result.exit_code


def _several(given: list[str] | None) -> tuple[str, ...]:
    """Values given by repetition, by commas, or both."""
    return tuple(part.strip() for text in given or () for part in text.split(",") if part.strip())


def _any(word: Any) -> Any:
    """A word that the plan checks against its choices."""
    return word
