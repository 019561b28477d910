"""`losscli check`: options in, one call into the library, one call into the renderer."""

from losscli.cli import options as opt


def command(
    impl: opt.Checked,
    loss: opt.As = None,
    dtype: opt.CheckDtype = "float32",
    device: opt.CheckDevice = "cpu",
    seed: opt.Seed = 0,
    examples: opt.Examples = None,
    no_user_code: opt.NoUserCode = False,
    format: opt.Format = "table",  # noqa: A002 - the flag is called so
    output: opt.Output = None,
    quiet: opt.Quiet = False,
    no_progress: opt.NoProgress = False,
    debug: opt.Debug = False,  # noqa: ARG001 - read before the command runs
) -> int:
    """Is an implementation right: values, gradients and edge cases, by one rule.

    losscli check smooth_l1

    losscli check kernels.py:fused_ce --as cross_entropy:label_smoothing=0.1

    losscli check torch --as bce --dtype float16
    """
    from losscli.cli.console import printed, progress_bar, user_code
    from losscli.plans import CheckPlan, check_format

    check_format(format)
    plan = CheckPlan(impl, loss, dtype, device, seed, tuple(output or ()), examples)
    from losscli.runs import carry_out_check

    bar = progress_bar(wanted=not (no_progress or quiet))
    with user_code(refused=no_user_code), bar as progress:
        result = carry_out_check(plan, progress)
    printed(result, format, quiet=quiet)
    return result.exit_code
