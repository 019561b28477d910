"""`losscli run`."""

import sys
from typing import TYPE_CHECKING

from losscli.cli.command import Call, Panel, command

if TYPE_CHECKING:
    from losscli.plans.run import RunCommand


@command("losscli.plans.run:RunCommand", Panel.EVALUATE, user_code=True)
def run(plan: "RunCommand", call: Call) -> object:
    """The evaluations, benchmarks and gates of CONFIG.yaml, saved under results/.

    losscli run configs/quickstart.yaml

    losscli run ci.yaml --set defaults.device=cuda --only val-loss -o junit.xml -o summary.md

    losscli run ci.yaml --dry-run

    losscli run configs/*.yaml --dry-run --no-data

    losscli run ci.yaml --self-test
    """
    from losscli.commands.run import run_config

    if plan.dry_run or plan.print_config:
        from losscli.commands.dry_run import describe

        return describe(plan)
    from losscli.config.planner import plan_of
    from losscli.sources.files import shown

    config = plan_of(plan.config[0], plan.set, plan.only)
    if plan.self_test:
        from losscli.selftest.run import self_test

        return self_test(config, output=plan.output, progress=call.progress)
    return run_config(
        config,
        output=plan.output,
        fail_fast=plan.fail_fast,
        results=plan.results if plan.save else None,
        command=("losscli", *map(shown, sys.argv[1:])),
        progress=call.progress,
    )
