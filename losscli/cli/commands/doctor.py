"""`losscli doctor`."""

from typing import TYPE_CHECKING

from losscli.cli.command import Call, Panel, command

if TYPE_CHECKING:
    from losscli.plans.check import DoctorPlan


@command("losscli.plans.check:DoctorPlan", Panel.SETUP)
def run(plan: "DoctorPlan", call: Call) -> object:
    """Report what this machine can do: packages, devices, measured limits, noise.

    losscli doctor

    losscli doctor --quick --format json
    """
    from losscli.commands.doctor import run_doctor

    return run_doctor(plan, call.progress)
