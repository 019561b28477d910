"""Columns proposed by the words of their names."""

import pytest

from losscli.sources.proposals import part_of, propose

TARGETS = """
Actual actual_speed True_pIC50 true_hr gold_label expected_label prob1_outcome Actual_FWI y y_true
yTrue ground_truth label observed target_3 y_test
"""
PREDS = "pred y_hat predicted_label knn_proba prob1 logit_0 predictedClass score p forecast"
NEITHER = "rear_grf_y_max isTrueNorth id speed xy_ratio latitude error"


@pytest.mark.parametrize(("names", "part"), [(TARGETS, "targets"), (PREDS, "preds"), (NEITHER, "")])
def test_words_decide(names, part):
    """Headers of real prediction files."""
    assert {part_of(name) for name in names.split()} == {part}


def test_numbered_columns_are_one_matrix():
    """Others of several predictions are unsure."""
    assert propose(["id", "p_0", "prob_0", "prob_1", "label"]).pred[:1] == ("prob_0",)
    found = propose(["logit_0", "logit_1", "logit_2", "label"])
    assert (found.pred, found.sure) == (("logit_0", "logit_1", "logit_2"), True)
    found = propose(["prob_0", "prob_1", "prob_10", "prob_2", "label"])
    assert found.pred == ("prob_0", "prob_1", "prob_2", "prob_10")
    assert not propose(["pred_a", "pred_b", "label"]).sure
    assert not propose(["pred", "label", "target"]).sure
