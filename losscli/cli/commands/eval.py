"""`losscli eval`."""

from dataclasses import replace
from typing import TYPE_CHECKING

from losscli.cli.command import Call, Panel, command

if TYPE_CHECKING:
    from losscli.plans.evaluate import EvalCommand


@command("losscli.plans.evaluate:EvalCommand", Panel.EVALUATE, first=True, user_code=True)
def run(plan: "EvalCommand", call: Call) -> object:
    """The losses of PREDS against TARGETS, exactly summed, from files of any size.

    One table may hold both, with --pred and --target.

    losscli eval preds.npy targets.npy --loss smooth_l1

    losscli eval table.csv --pred y_hat --target y -l mse -l smooth_l1:beta=0.5 --by region

    losscli eval preds.npy targets.npy -l mse --max mse=0.25 --gate "mse.ci_high <= 0.3"

    losscli eval logits.npy labels.npy -l cross_entropy:label_smoothing=0.1,ignore_index=-100

    losscli eval preds.npy targets.npy -l mse --shard 2/8 -o parts/2.json
    """
    if plan.dry_run:
        from losscli.commands.dry_run import describe_evaluation

        return describe_evaluation(plan)
    if plan.shard is not None:
        from losscli.commands.parts import run_part

        return run_part(plan, call.progress)
    from losscli.commands.evaluate import run_evaluation

    return run_evaluation(replace(plan, digest=call.format == "json"), call.progress)
