"""Every door takes the same: the flags of a command are the fields of its plan."""

import dataclasses
import inspect

import pytest
import typer

from losscli import UsageError, bench, evaluate
from losscli.cli.app import program
from losscli.plans.bench import BenchPlan
from losscli.plans.check import CheckPlan
from losscli.plans.diff import DiffPlan
from losscli.plans.doctor import DoctorPlan
from losscli.plans.evaluate import EvalPlan
from losscli.plans.plot import PlotPlan

# What only one door has, and why.
ONLY_FLAGS = {
    "format": "Python has .to_json(), .to_frame() and the like",
    "quiet": "Python prints nothing",
    "no_progress": "Python prints nothing",
    "debug": "Python shows its tracebacks",
    "no_user_code": "Python runs code already",
}
ONLY_FIELDS = {"digest": "on the command line, every result that is kept has one"}

ARGUMENTS = {"preds", "targets"}


def parameters():
    """The parameters of `losscli eval`, by name."""
    command = typer.main.get_command(program()).commands["eval"]
    return {parameter.name: parameter for parameter in command.params}


def fields():
    """The fields of the plan, by name."""
    return {field.name: field for field in dataclasses.fields(EvalPlan)}


def test_flags_and_fields_have_the_same_names():
    """But for the exceptions that are written down here."""
    assert parameters().keys() - ONLY_FLAGS.keys() == fields().keys() - ONLY_FIELDS.keys()
    assert parameters().keys() >= ONLY_FLAGS.keys()
    assert fields().keys() >= ONLY_FIELDS.keys()


@pytest.mark.parametrize("name", sorted(fields().keys() - ONLY_FIELDS.keys() - ARGUMENTS))
def test_a_field_is_a_long_flag_of_the_same_default(name):
    """Two dashes and the field's name; a list that is empty is a flag that is not given."""
    parameter, field = parameters()[name], fields()[name]
    assert f"--{name.replace('_', '-')}" in parameter.opts
    given = EvalPlan("p.npy", **({} if parameter.default is None else {name: parameter.default}))
    assert getattr(given, name) == getattr(EvalPlan("p.npy"), name)
    if field.default == ():
        assert parameter.default is None
        assert parameter.multiple
    else:
        assert not parameter.multiple


def test_the_arguments_are_the_first_fields():
    """In their order, the predictions required."""
    names = list(fields())[:2]
    assert set(names) == ARGUMENTS
    assert [parameters()[name].param_type_name for name in names] == ["argument", "argument"]
    assert [parameters()[name].required for name in names] == [True, False]
    assert list(inspect.signature(evaluate).parameters)[:2] == names


def test_a_flag_that_takes_a_list_may_be_one_text_in_python():
    """`loss="mse"` as on the command line, and so every other list."""
    for name in ("pred", "target", "id", "output"):
        value = "r.json" if name == "output" else "x"
        assert getattr(EvalPlan("p.npy", **{name: value}), name) == (value,)
    assert evaluate([1.0], [0.0], loss="mse,mae").losses[1].label == "mae"


def test_python_refuses_what_is_no_field():
    """A slip in a flag's name is not swallowed."""
    with pytest.raises(UsageError, match="no flag 'weight'\ndid you mean weights"):
        evaluate([1.0], [0.0], loss="mse", weight=[1.0])
    with pytest.raises(UsageError, match="no flag 'los'\ndid you mean loss"):
        bench(los="mse")


PLANS = {"bench": BenchPlan, "check": CheckPlan, "diff": DiffPlan, "doctor": DoctorPlan}
PLANS |= {"plot": PlotPlan}


@pytest.mark.parametrize(("name", "plan"), PLANS.items(), ids=PLANS)
def test_the_flags_of_other_commands_are_the_fields_of_their_plans(name, plan):
    """By their names; a default of one is a default of the other."""
    command = typer.main.get_command(program()).commands[name]
    flags = {parameter.name: parameter for parameter in command.params}
    found = {
        field.name: field for field in dataclasses.fields(plan) if field.metadata.get("flag", True)
    }
    assert flags.keys() - ONLY_FLAGS.keys() == found.keys()
    required = {n: "a.json" for n, field in found.items() if field.default is dataclasses.MISSING}
    given = {n: flags[n].default for n in found.keys() - required.keys()}
    assert plan(**required, **{n: v for n, v in given.items() if v is not None}) == plan(**required)
