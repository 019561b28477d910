"""`losscli bench`: options in, one call into the library, one call into the renderer."""

from typing import Annotated, Any, TypeAlias

import typer

from losscli.cli import options as opt

BenchLosses: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--loss", "-l", metavar="SPEC", rich_help_panel=opt.LOSS, show_default=False,
        help="As in eval, or linear_cross_entropy; default: the five founding losses.",
        autocompletion=opt.complete_loss,
    ),
]  # fmt: skip
Impl: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--impl", metavar="NAME", rich_help_panel=opt.LOSS, show_default=False,
        help="numpy, torch, torch.compile, sklearn, liger, all, FILE.py:FUNCTION or"
        " MODULE:FUNCTION; repeatable, or by commas. The first is the baseline.",
    ),
]  # fmt: skip
Size: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--size", metavar="N|ROWSxCLASSES", rich_help_panel=opt.DATA, show_default=False,
                 help="Elements, or rows and classes; repeatable, or by commas."),
]  # fmt: skip
Pass: TypeAlias = Annotated[
    str,
    typer.Option("--pass", metavar="forward|forward+backward|both", rich_help_panel=opt.MEASURE,
                 help="What is timed."),
]  # fmt: skip
TensorDtype: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--dtype", metavar="TYPE", rich_help_panel=opt.DATA, show_default=False,
                 help="Of the inputs: float32 (default), float64, float16, bfloat16."),
]  # fmt: skip
Devices: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--device", metavar="cpu|cuda|cuda:N", rich_help_panel=opt.COMPUTE,
                 show_default=False, help="Where; by commas for rows of each. Default: cpu."),
]  # fmt: skip
Cache: TypeAlias = Annotated[
    str | None,
    typer.Option("--cache", metavar="warm|cold", rich_help_panel=opt.MEASURE, show_default=False,
                 help="Whether caches are emptied before a call; default: on CUDA only."),
]  # fmt: skip
Time: TypeAlias = Annotated[
    float,
    typer.Option("--time", metavar="S", rich_help_panel=opt.MEASURE,
                 help="Seconds for the whole command after its start."),
]  # fmt: skip
Resolve: TypeAlias = Annotated[
    str,
    typer.Option("--resolve", metavar="SHARE|none", rich_help_panel=opt.MEASURE,
                 help="Stop where the interval of the speed-up is that narrow."),
]  # fmt: skip
Memory: TypeAlias = Annotated[
    bool,
    typer.Option("--memory/--no-memory", rich_help_panel=opt.MEASURE,
                 help="Whether peak memory is measured, in processes of its own."),
]  # fmt: skip
Plot: TypeAlias = Annotated[
    str | None,
    typer.Option("--plot", metavar="FILE", rich_help_panel=opt.OUT, show_default=False,
                 help="Draw time and bandwidth against size: .png, .svg or .pdf."),
]  # fmt: skip


def command(
    loss: BenchLosses = None,
    impl: Impl = None,
    size: Size = None,
    passes: Pass = "both",
    dtype: TensorDtype = None,
    device: Devices = None,
    cache: Cache = None,
    time: Time = 40.0,
    resolve: Resolve = "1%",
    threads: opt.Threads = 0,
    seed: opt.Seed = 0,
    memory: Memory = True,
    plot: Plot = None,
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
    from losscli.plans.bench import BenchPlan
    from losscli.render.formats import check_format

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
    from losscli.commands.bench import run_benchmark

    bar = progress_bar(wanted=not (no_progress or quiet))
    with user_code(refused=no_user_code), bar as progress:
        result = run_benchmark(plan, progress)
    printed(result, format, quiet=quiet)
    return result.exit_code


def _several(given: list[str] | None) -> tuple[str, ...]:
    """Values given by repetition, by commas, or both."""
    return tuple(part.strip() for text in given or () for part in text.split(",") if part.strip())


def _any(word: Any) -> Any:
    """A word that the plan checks against its choices."""
    return word
