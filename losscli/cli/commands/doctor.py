"""`losscli doctor`."""

from losscli.cli.command import Call, Panel, command
from losscli.plans.check import DoctorPlan


@command(DoctorPlan, Panel.SETUP)
def run(plan: DoctorPlan, call: Call) -> object:
    """Report what this machine can do: packages, devices, measured limits, noise.

    losscli doctor

    losscli doctor --quick --format json
    """
    from losscli.commands.doctor import run_doctor

    return run_doctor(plan, call.progress)
