"""`losscli check` finds what is wrong with a kernel, and leaves right ones alone."""

import json
import re
import shutil
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from losscli import MissingError, UsageError, losses
from losscli import check as whole_check

KERNELS = Path(__file__).with_name("kernels.py")
FOUNDING = ("mae", "mse", "smooth_l1", "bce", "bce_with_logits", "cross_entropy")


def check(*arguments, examples=0, **flags):
    """A check without the search, which is tested by itself."""
    return whole_check(*arguments, examples=examples, **flags)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    """Every test runs in a folder that holds a copy of the kernels."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(KERNELS, "kernels.py")


def some(cases, few):
    """The cases, all but a few marked deep."""
    return [pytest.param(*c, marks=() if c in few else pytest.mark.deep) for c in cases]


OWN = [*FOUNDING, "smooth_l1:beta=0.3", "cross_entropy:label_smoothing=0.1"]
FEW_OWN = [("float16", "smooth_l1:beta=0.3"), ("float32", "bce"), ("float64", "cross_entropy")]
TORCH = ["mae", "mse", "smooth_l1", "bce_with_logits", "cross_entropy"]
FEW_TORCH = [("float32", "mae"), ("float64", "bce_with_logits"), ("bfloat16", "cross_entropy")]


@pytest.mark.parametrize(
    ("dtype", "loss"), some(product(["float16", "float32", "float64"], OWN), FEW_OWN)
)
def test_our_own_losses_are_right(dtype, loss):
    """To half a place of the type for a mean that is rounded once, gradients too."""
    result = check(loss, dtype=dtype)
    assert [row.fault for row in result] == [None] * len(result)
    assert max(row.max_ulp or 0.0 for row in result) <= (4.0 if dtype == "float64" else 0.5)
    if dtype == "float32":
        assert max(row.grad_max_ulp or 0.0 for row in result) <= 0.51


@pytest.mark.parametrize(
    ("dtype", "loss"), some(product(["float32", "float64", "bfloat16"], TORCH), FEW_TORCH)
)
def test_torch_is_right_by_the_rule(dtype, loss):
    """The digits that it loses on confident rows are a note."""
    result = check("torch", loss, dtype=dtype)
    assert [row.fault for row in result] == [None] * len(result)
    if loss in ("bce_with_logits", "cross_entropy") and dtype != "bfloat16":
        assert "loses_digits" in [note.code for note in result.notes]


def test_torchs_gradient_of_bce_is_0_where_a_probability_is_0():
    """The truth at p = 0 and t = 0 is 1: it is wrong there, by the rule, and only there."""
    result = check("torch", "bce")
    (wrong,) = [row for row in result if not row.correct]
    assert wrong.case == "extremes near 0"
    assert wrong.passes == "forward+backward"
    assert wrong.smallest.startswith("pred [0.0] target [0.0]: gradient incorrect")


FAULTS = {
    "doubled": ("mse", "the mean is"),
    "summed": ("mse", "the mean is"),
    "low_precision": ("mse", "the mean is"),
    "wrong_sign": ("mse", "gradient incorrect"),
    "not_divided": ("mse", "gradient incorrect"),
    "in_place": ("mse", "changes its inputs|other answers"),
    "unsteady": ("mse", "other answers to the same call"),
    "stale": ("mse", "once the contents of its inputs change|other answers"),
    "root": ("mae", "gradient incorrect: .*: nan, expected 0"),
    "overflows": ("cross_entropy", "value incorrect: .* nan, expected"),
    "corner": ("smooth_l1", "the mean is"),
    "corner_nearby": ("smooth_l1", "the mean is"),
    "unwritten": ("mse", "value incorrect|other answers"),
    "heeds_no_ignore_index": ("cross_entropy", "the mean is"),
    "drops_nan": ("mse", "a nan among its predictions vanishes"),
    "reads_wrongly": ("mse", "not contiguous"),
    "triplet_squared": ("triplet_margin", "value incorrect"),
    "pooled_dice": ("dice", "the mean is"),
    "empty_dice": ("dice", "nan, expected 0"),
    "cosine_far": ("cosine_distance", "nan, expected 1"),
    "ranking_swapped": ("margin_ranking", "value incorrect"),
    "boxes_inclusive": ("iou", "value incorrect"),
    "nce_forgets_temperature": ("info_nce", "value incorrect"),
    "no_rows_are_one": ("mse", "the mean of no rows is 1"),
    "steep_at_the_corner": ("mae", "gradient incorrect: .* 2, expected"),
    "forgets_a_weight": ("mse + 0.1*mae", "the mean is"),
    "mixes_up_the_columns": ("gaussian_nll", "the mean is"),
    "counts_what_is_right": ("zero_one", "the mean is"),
    "of_the_first_rows": ("cross_entropy", "the mean is"),
    "of_the_first_classes": ("cross_entropy", "the mean is"),
    "deaf": ("mse", "ignores the upstream gradient"),
    "reads_wrongly_backwards": ("mse", "not contiguous"),
    "signed_hinge_doubled": ("hinge", "the mean is"),
    "scaled": (
        "cosine_distance",
        "value incorrect: .* 1.001, expected 1",
    ),  # of which the size says nothing
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_and_named(name):
    """In one of its cases, in words."""
    loss, words = FAULTS[name]
    result = check(f"kernels.py:{name}", loss)
    assert result.exit_code == 1
    faults = [row.fault for row in result if row.fault]
    assert any(re.search(words, fault) for fault in faults), faults


RIGHT = {
    "rows": "mse",
    "smoothed": "cross_entropy:label_smoothing=0.2",
    "contiguous_only": "mse",
    "triplet_right": "triplet_margin:margin=2",
    "subgradient": "mae",
    "weighed": "mse + 0.1*mae",
    "nce": "info_nce",
    "of_rows": "cross_entropy",
    "heeds_what_is_above": "mse",
    "signed_hinge": "hinge",
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_function_passes(name):
    """Of rows, with parameters; what it cannot take is a note."""
    result = check(f"kernels.py:{name}", RIGHT[name])
    assert [row.fault for row in result] == [None] * len(result)
    told = ("loses_digits", "declared_gradient", "labels")
    codes = [note.code for note in result.notes if note.code not in told]
    assert codes == (["needs_contiguous"] * len(codes) if name == "contiguous_only" else [])
    assert ("needs_contiguous" in codes) == (name == "contiguous_only")


WEIGHED = "cross_entropy:weight=@w.npy"


@pytest.mark.parametrize(
    ("form", "loss"),
    [
        ("kernels.py:of_rows", WEIGHED),
        ("torch.nn:CrossEntropyLoss", WEIGHED),
        ("kernels.py:sums_of_rows", f"{WEIGHED} + 0.1*{WEIGHED}"),
    ],
)
def test_rows_count_as_their_classes_weigh(form, loss):
    """In the mean and in its gradient, also while contents change; arrays come as tensors."""
    np.save("w.npy", [0.5, 1.0, 2.0])
    result = check(form, loss)
    assert [row.fault for row in result] == [None] * len(result)


def test_members_at_one_point_have_the_slope_between(rng):
    """At a kink every slope between the two sides is right, and ours is one."""
    result = check("kernels.py:ensemble", "crps_ensemble")
    faults = [row for row in result if row.fault and "far out" not in row.case]
    assert faults == []
    pred = rng.integers(0, 3, (200, 5)).astype(float)
    slopes = losses.crps_ensemble.gradient(pred, np.ones(200))
    turned = losses.crps_ensemble.gradient(pred[:, ::-1], np.ones(200))
    assert (slopes == turned[:, ::-1]).all()


def test_labels_are_those_that_a_function_takes():
    """And which they were is a note."""
    notes = {n.code: n.message for n in check("kernels.py:signed_hinge", "hinge").notes}
    assert "labels of -1 and 1" in notes["labels"]
    doubled = check("kernels.py:signed_hinge_doubled", "hinge").notes
    assert "labels" not in {note.code for note in doubled}


def test_what_is_wrong_in_little_is_not_tried_in_large():
    """It could take all of the memory, and shows no more; the exit code is that of the fault."""
    result = check("kernels.py:all_pairs", "mse")
    assert {row.case for row in result if row.case.startswith("ordinary")} == {
        "ordinary 1", "ordinary 7",
    }  # fmt: skip
    (note,) = [note.message for note in result.notes if note.code == "left_out"]
    assert note == (
        "ordinary 1000, ordinary 10007, ordinary 100003, ordinary 50x3 were skipped: "
        "ordinary 7 is incorrect"
    )
    assert result.exit_code == 1
    assert result.cases.planned - result.cases.run == len(result.skipped) == 4


@pytest.mark.parametrize("allowed", [False, True])
def test_a_check_with_skipped_cases_is_undecided_unless_they_are_allowed(monkeypatch, allowed):
    """A smaller case shows that larger ones take too long; here any time is too long."""
    monkeypatch.setattr("losscli.checks.check._LIMIT_S", -1.0)
    result = check("kernels.py:slow", "mse", allow_skipped=allowed, output=["c.md"])
    document = json.loads(result.to_json())
    assert result.correct
    assert result.exit_code == document["exit_code"] == (0 if allowed else 6)
    assert document["status"] == ("pass" if allowed else "undecided")
    assert [each["case"] for each in document["skipped"]] == ["ordinary 10007", "ordinary 100003"]
    assert all(each["reason"].startswith("ordinary 1000 took ") for each in document["skipped"])
    planned, run = document["cases"]["planned"], document["cases"]["run"]
    assert planned == run + 2
    last = Path("c.md").read_text().splitlines()[-1]
    assert f"{run} of {planned} cases ran" in last
    assert ("exit code 6" in last) != allowed


def test_a_slow_first_call_skips_nothing():
    """Each shape is called once before its time counts: imports and compilation are not speed."""
    result = check("kernels.py:slow_at_first", "mse")
    assert (result.skipped, result.exit_code) == ((), 0)
    assert "ordinary 100003" in {row.case for row in result}


def test_a_large_error_near_0_is_explained():
    """It is within the tolerance, and torch's own loss errs as much on the same inputs."""
    result = check("kernels.py:of_rows", "cross_entropy")
    explained = [row for row in result if row.ulp_at is not None]
    assert explained
    for row in explained:
        assert row.correct
        assert abs(row.ulp_at) < 1.0
        assert 0.1 * row.worst < row.torch_ulp < 10.0 * row.worst
    assert [row.worst > 16.0 for row in result] == [row in explained for row in result]


def test_a_function_of_arrays_that_gets_tensors_is_told_how_to_get_them():
    """It raises on everything."""
    notes = {note.code: note.message for note in check("kernels.py:of_arrays", "mse").notes}
    assert "numpy:kernels.py:of_arrays" in notes["numpy_function"]
    assert check("numpy:kernels.py:of_arrays", "mse").correct


PASTED = {
    "a module": ("kernels.py:Half", "smooth_l1:beta=0.5"),
    "a function of rows": ("kernels.py:ranking_swapped", "margin_ranking"),
    "an array among its parameters": ("kernels.py:doubled_of_rows", "cross_entropy:weight=@w.npy"),
    "a gradient": ("kernels.py:not_divided", "mse"),
    "autograd": ("kernels.py:root", "mae"),
    "arrays": ("numpy:kernels.py:of_arrays_doubled", "mse"),
}


@pytest.mark.parametrize("name", PASTED)
def test_every_snippet_can_be_pasted(name, capsys):
    """Whatever the form; the number that it prints last is that of the fault."""
    np.save("w.npy", [0.5, 1.0, 2.0])
    rows = [row for row in check(*PASTED[name]) if row.snippet]
    assert rows
    for row in rows:
        exec(row.snippet, {})
        lines = capsys.readouterr().out.splitlines()
        last = " ".join(
            lines[-2:] if "backward" in row.passes else lines[-1:]
        )  # of the function, not the truth
        found = re.search(r"([-+0-9.einfa]+), expected", row.fault)[1]
        assert re.search(rf"(?<![0-9.]){re.escape(found.lstrip('-')[:5])}", last), (found, last)


def test_a_loss_without_a_gradient_is_judged_by_its_values():
    """Of one's own, and of a function that returns no gradient."""
    functions = ("kernels.py:mistakes", "kernels.py:mistakes_and_slopes")
    for arguments in (("zero_one",), ("mse + zero_one",), *((f, "zero_one") for f in functions)):
        result = whole_check(*arguments, examples=5)
        assert [row.fault for row in result] == [None] * len(result)
        assert {row.passes for row in result} == {"forward"}


def test_a_parameter_may_be_a_word():
    """It comes as it is, and no tensor is made of it."""
    assert check("kernels.py:mistakes_of_columns", "zero_one:average=columns").correct


def test_a_search_finds_what_the_fixed_inputs_do_not():
    """And finds the same for the same seed; the smallest is a pair of numbers so far apart."""
    assert check("kernels.py:narrow_spike", "mse").correct
    results = [whole_check("kernels.py:narrow_spike", "mse", examples=60) for _ in range(2)]
    found = [row for row in results[0] if not row.correct]
    assert {row.case for row in found} == {"adversarial"}
    assert results[0].rows == results[1].rows


def test_a_search_that_was_asked_for_needs_its_libraries(monkeypatch):
    """Exit code 4; without asking it is left out, and said so."""
    monkeypatch.setattr("losscli.checks.check.search_available", lambda: False)
    with pytest.raises(MissingError, match="hypothesis"):
        whole_check("mae", examples=5)
    result = whole_check("mae")
    assert "left_out" in [note.code for note in result.notes]
    assert "adversarial" not in {row.case for row in result}


def test_the_snippet_shows_the_fault(capsys):
    """It runs as it stands, and prints the truth and what the function gives."""
    result = check("kernels.py:ranking_swapped", "margin_ranking")
    lines = next(row.snippet for row in result if row.snippet)
    exec(lines, {})
    assert capsys.readouterr().out.startswith("[")
    assert "kernels.py:ranking_swapped" in lines


def test_a_constant_that_scores_is_told_of():
    """A margin of 0 lets equal scores pass; and a tolerance of bfloat16 lets constants pass."""
    notes = {note.code: note.message for note in check("margin_ranking").notes}
    assert "scores 0" in notes["constant_prediction"]
    assert "constant_prediction" not in {note.code for note in check("mae").notes}


def test_typical_errors_stand_beside_the_largest():
    """The median is no larger than the most, and there is one where numbers were compared."""
    for row in check("huber"):
        assert (row.median_ulp is None) == (row.max_ulp is None)
        if row.median_ulp is not None:
            assert row.median_ulp <= row.max_ulp


def test_what_is_printed_can_be_pasted():
    """The smallest input that fails, in numbers of the type."""
    result = check("kernels.py:corner", "smooth_l1")
    shown = next(row.smallest for row in result if row.smallest)
    pred, target, found, truth = (
        float(number)
        for number in re.fullmatch(
            r"pred \[(.*)\] target \[(.*)\]: the mean is (.*), expected (.*)", shown
        ).groups()
    )
    assert 0.9 <= abs(pred - target) < 1.0
    assert truth == pytest.approx(0.5 * (pred - target) ** 2, rel=1e-4)
    assert found == pytest.approx(abs(pred - target) - 0.5, rel=1e-4)


def test_the_document_says_what_was_checked(tmp_path):
    """Schema, rows, and an exit code that is the same everywhere."""
    result = check("kernels.py:doubled", "mse", output=["c.json", "c.md", "c.csv"])
    document = json.loads(Path("c.json").read_text())
    assert document["schema"] == "losscli/check/1"
    assert (document["correct"], document["exit_code"]) == (False, 1)
    assert {row["pass"] for row in document["rows"]} == {"forward", "forward+backward"}
    assert {"case", "shape", "max_ulp", "grad_max_ulp", "correct", "fault", "smallest"} <= set(
        document["rows"][0]
    )
    assert "INCORRECT" in Path("c.md").read_text()
    assert len(result.to_frame()) == len(document["rows"])


REFUSED = {
    "a reference without a loss": (("kernels.py:rows",), "implements which loss"),
    "no loss": (("kernels.py:rows", "mze"), "unknown loss"),
    "no function": (("kernels.py:row", "mse"), "did you mean rows"),
    "no type": (("mse",), "unknown dtype"),
    "one argument": (("kernels.py:triplet_squared", "mse"), "cannot be called"),
    "no such parameter": (("kernels.py:doubled", "smooth_l1:beta=2"), "f(pred, target, beta=...)"),
    "no module": (("kernels.py:Broken", "mse"), "Broken() failed: ValueError: needs a device"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused(case):
    """With the mend."""
    arguments, words = REFUSED[case]
    flags = {"dtype": "float8"} if case == "no type" else {}
    with pytest.raises(UsageError) as error:
        check(*arguments, **flags)
    assert words in str(error.value)


def test_shapes_that_a_library_lacks_are_left_out():
    """And said to be; the others are judged."""
    result = check("sklearn", "brier")
    assert [row.fault for row in result] == [None] * len(result)
    (note,) = [note for note in result.notes if note.code == "left_out"]
    assert note.message.startswith("ordinary 50x3 was left out: scikit-learn's brier_score_loss")


def test_what_a_library_lacks_is_missing():
    """Exit code 4."""
    with pytest.raises(MissingError, match="scikit-learn has no smooth_l1"):
        check("sklearn", "smooth_l1")
    with pytest.raises(MissingError, match="Liger is not installed"):
        check("liger", "cross_entropy")


def test_the_examples_are_what_they_say():
    """One is right, one is not."""
    kernels = Path(__file__).parents[2] / "examples" / "kernels.py"
    assert check(f"{kernels}:lean_ce", "cross_entropy").correct
    assert not check(f"{kernels}:half_l1", "smooth_l1").correct
