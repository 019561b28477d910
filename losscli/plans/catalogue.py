"""The flags of `list`, `explain` and `schema`."""

from typing import Any, Literal

from losscli.plans.flags import argument, flag, plan
from losscli.plans.shared import LOOK, OUT


@plan
class ListPlan:
    """A selection of the losses and metrics."""

    word: str | None = argument(
        "Part of a name, a family, a formula or a use.", default=None, kw_only=False,
        metavar="[WORD]", complete="word",
    )  # fmt: skip
    family: str | None = flag(
        "Losses and metrics of one family, such as regression.",
        default=None, panel=LOOK, metavar="NAME", complete="family",
    )  # fmt: skip
    task: str | None = flag(
        "regression, count, distribution, binary, multiclass, multilabel, ordinal, divergence,"
        " ranking, segmentation, box or policy.",
        default=None, panel=LOOK, metavar="NAME", complete="task",
    )  # fmt: skip
    takes: str | None = flag(
        "The kind of predictions or targets: real, probability, logit, label, ...",
        default=None, panel=LOOK, metavar="KIND",
    )  # fmt: skip


@plan
class ExplainPlan:
    """The facts of one loss or metric: a spec, a declaration, or a function."""

    loss: Any = argument(
        "A loss or metric, with or without parameters.", kw_only=False,
        metavar="LOSS[:key=value,...]", complete="name",
    )  # fmt: skip


@plan
class SchemaPlan:
    """The JSON Schema of a config or of a document."""

    of: str = flag(
        "config, or a document: eval, bench, run, diff, check, error, results, ...",
        default="config", metavar="KIND", complete="document",
    )  # fmt: skip
    format: Literal["json"] = flag("The format of a schema.", default="json", panel=OUT)
