"""`losscli list`."""

from typing import TYPE_CHECKING

from losscli.cli.command import Call, Panel, command

if TYPE_CHECKING:
    from losscli.plans.catalogue import ListPlan


@command("losscli.plans.catalogue:ListPlan", Panel.LOSSES, first=True)
def run(plan: "ListPlan", _: Call) -> object:
    """The losses and metrics, by family; WORD is searched in names, families, formulas and uses.

    losscli list

    losscli list --task multiclass --takes logit

    losscli list quantile --format json
    """
    from losscli.explanation.listing import catalogue

    return catalogue(plan.word, plan.family, plan.task, plan.takes)
