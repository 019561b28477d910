"""The parameter of losses of classes that weighs them, one number a class."""

from losscli.losses.declare import Interval, Param

CLASS_WEIGHT = Param(
    "weight", None, Interval(0.0, ends="[)"), "the weight of each class", "columns", scalar=False
)
