"""Every door takes the same: the flags of a command are the fields of its plan."""

import dataclasses
import inspect
import math

import pytest

from losscli import (
    DataError,
    LossCliError,
    UsageError,
    bench,
    check,
    compare,
    diff,
    evaluate,
    explain,
    plot,
    report,
    run,
)
from losscli.cli.app import program
from losscli.plans.bench import BenchPlan
from losscli.plans.catalogue import ExplainPlan, ListPlan, SchemaPlan
from losscli.plans.check import CheckPlan, DoctorPlan
from losscli.plans.compare import ComparePlan
from losscli.plans.diff import DiffPlan
from losscli.plans.evaluate import EvalCommand, EvalPlan
from losscli.plans.files import BlessPlan, InitPlan
from losscli.plans.flags import declarations
from losscli.plans.merge import MergePlan
from losscli.plans.plot import PlotPlan
from losscli.plans.report import ReportPlan
from losscli.plans.run import RunCommand, RunRequest
from losscli.plans.spelling import respelled

# What only one door has, and why.
ONLY_FLAGS = {
    "format": "Python has .to_json(), .to_frame() and the like",
    "quiet": "Python prints nothing",
    "no_progress": "Python prints nothing",
    "debug": "Python shows its tracebacks",
    "no_user_code": "Python runs code already",
    "dry_run": "Python has the data at hand",
    "shard": "a part is a file of a job",
}
ONLY_FIELDS = {
    "digest": "on the command line, every result that is kept has one",
    "models": "the columns of a repeated --pred, by model",
}

ARGUMENTS = {"preds", "targets"}


def parameters():
    """The parameters of `losscli eval`, by name."""
    command = program().commands["eval"]
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
    with pytest.raises(UsageError, match="unknown parameter 'weight'\ndid you mean weights"):
        evaluate([1.0], [0.0], loss="mse", weight=[1.0])
    with pytest.raises(UsageError, match="unknown parameter 'los'\ndid you mean loss"):
        bench(los="mse")


PLANS = {
    "bench": BenchPlan,
    "check": CheckPlan,
    "compare": ComparePlan,
    "diff": DiffPlan,
    "doctor": DoctorPlan,
    "merge": MergePlan,
}
PLANS |= {"report": ReportPlan}
PLANS |= {"plot": PlotPlan, "list": ListPlan, "explain": ExplainPlan, "schema": SchemaPlan}
PLANS |= {"run": RunCommand, "bless": BlessPlan, "init": InitPlan, "eval": EvalCommand}
REQUESTS = PLANS | {"run": RunRequest, "eval": EvalPlan}  # of Python
FUNCTIONS = {
    "eval": evaluate,
    "bench": bench,
    "check": check,
    "compare": compare,
    "diff": diff,
    "explain": explain,
}
FUNCTIONS |= {"plot": plot, "report": report, "run": run}


def test_there_is_a_plan_for_every_command():
    """But for a group of commands."""
    assert PLANS.keys() == program().commands.keys() - {"results"}


@pytest.mark.parametrize(("name", "plan"), PLANS.items(), ids=PLANS)
def test_the_flags_of_commands_are_the_fields_of_their_plans(name, plan):
    """By their names; a default of one is a default of the other."""
    command = program().commands[name]
    flags = {parameter.name: parameter for parameter in command.params}
    found = {each.name: each for each in declarations(plan) if not each.flag.hidden}
    assert flags.keys() - (ONLY_FLAGS.keys() - found.keys()) == found.keys()
    required = {n: "a.json" for n, each in found.items() if each.default is dataclasses.MISSING}
    given = {n: flags[n].default for n in found.keys() - required.keys()}
    assert plan(**required, **{n: v for n, v in given.items() if v is not None}) == plan(**required)


@pytest.mark.parametrize(("name", "function"), FUNCTIONS.items(), ids=FUNCTIONS)
def test_a_function_has_the_fields_of_its_plan_as_parameters(name, function):
    """With their defaults, so that editors and help() show them; the docstring lists them."""
    parameters = inspect.signature(function).parameters
    found = {each.name: each for each in declarations(REQUESTS[name]) if not each.flag.hidden}
    assert list(parameters) == list(found)
    for each in found.values():
        if each.default is not dataclasses.MISSING:
            assert parameters[each.name].default == each.default
        assert f"{each.name}: {each.flag.help}" in function.__doc__


SPELLED = {
    "a choice": ({"nan": "drop"}, "nan takes error, skip, mask or propagate, not 'drop'"),
    "a switch": ({"save": 1}, "save takes True or False, not 1"),
    "a count": ({"threads": -1}, "threads takes a whole number of at least 0, not -1"),
    "a list": ({"gate": 3}, "gate takes a text or a list of texts, not 3"),
    "a hint": ({"reduction": "none"}, 'per_sample="FILE.npy" keeps'),
    "a library": ({"like": "jax"}, "like takes torch, keras"),
}


@pytest.mark.parametrize(("flags", "words"), SPELLED.values(), ids=SPELLED)
def test_errors_in_python_name_its_parameters(flags, words):
    """The command line's flags are not Python."""
    with pytest.raises(UsageError) as caught:
        evaluate([1.0], [0.0], loss="mse", **flags)
    assert words in str(caught.value)
    assert "--" not in str(caught.value)


def test_errors_of_the_data_name_parameters_too():
    """A hint can be typed as it stands."""
    with pytest.raises(DataError) as caught:
        evaluate([1.0, math.nan], [0.0, 0.0], loss="mse")
    assert 'nan="skip"' in caught.value.hint
    with pytest.raises(LossCliError) as caught:
        evaluate([1.0], [0.0], loss="mse", weights="nowhere.npy")
    assert caught.value.message.startswith('weights="nowhere.npy" is neither')


def test_a_plan_of_a_config_names_its_keys():
    """As the file writes them."""
    words = "--nan skip leaves them out; --loss mse, -l mse, --pass both, --no-header or --size"
    assert respelled(words, EvalPlan, "yaml") == (
        "nan: skip leaves them out; losses mse, losses: [mse], --pass both, header: false or --size"
    )
    assert respelled("--pass both", BenchPlan, "yaml") == "pass: both"
    assert respelled("--pass both", BenchPlan, "python") == 'passes="both"'
