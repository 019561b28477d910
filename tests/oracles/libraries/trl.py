"""The losses of trl, by its formulas, written again: it is not installed.

They are those of version 1.9: `CPOTrainer.cpo_loss` (trl/experimental/cpo/cpo_trainer.py),
`GRPOTrainer` (trl/trainer/grpo_trainer.py, `_compute_loss`, loss types grpo and dapo) and
`GKDTrainer.generalized_jsd_loss` (trl/experimental/gkd/gkd_trainer.py). Defaults are those of
`CPOConfig`, `GRPOConfig` and of the function.
"""

import numpy as np

from tests.oracles.libraries import rows
from tests.oracles.libraries.case import ordinary

VERSION = "1.9"

CASES = [
    *ordinary("simpo", rows.LOG_PAIRS),
    *ordinary("simpo:beta=2,gamma=1.5", rows.LOG_PAIRS, beta=2.0, simpo_gamma=1.5),
    *ordinary("grpo", rows.LOG_TRIPLES_AND_ADVANTAGES),
    *ordinary("grpo:beta=0.04,low=0.1,high=0.3", rows.LOG_TRIPLES_AND_ADVANTAGES,
              beta=0.04, epsilon=0.1, epsilon_high=0.3),
    *ordinary("generalized_jsd", rows.TWO_SCORES),
    *ordinary("generalized_jsd:temperature=2,beta=0.1", rows.TWO_SCORES,
              temperature=2.0, beta=0.1),
    *ordinary("distillation_kl:temperature=2", rows.TWO_SCORES, temperature=2.0, beta=0.0),
    *ordinary("distillation_kl:direction=reverse,temperature=2", rows.TWO_SCORES,
              temperature=2.0, beta=1.0),
]  # fmt: skip


def _log_sigmoid(x):
    return -np.logaddexp(0.0, -x)


def log_softmax(x):
    """The logarithms of the softmax of each row."""
    return x - np.logaddexp.reduce(x, axis=-1, keepdims=True)


def _simpo(logps, _, beta=0.1, simpo_gamma=0.5):
    """With loss_type='simpo' and cpo_alpha=0."""
    logits = (logps[:, 0] - logps[:, 1]) - simpo_gamma / beta
    return -_log_sigmoid(beta * logits)


def _grpo(logps, advantages, beta=0.0, epsilon=0.2, epsilon_high=None):
    policy, old, reference = logps.T
    coef_1 = np.exp(policy - old)
    upper = 1 + (epsilon if epsilon_high is None else epsilon_high)
    coef_2 = np.minimum(np.maximum(coef_1, 1 - epsilon), upper)
    per_token_loss = -np.minimum(coef_1 * advantages, coef_2 * advantages)
    if beta:
        per_token_kl = np.exp(reference - policy) - (reference - policy) - 1
        per_token_loss = per_token_loss + beta * per_token_kl
    return per_token_loss


def generalized_jsd(student_logits, teacher_logits, beta=0.5, temperature=1.0):
    """The divergences of tokens, summed over the vocabulary."""
    student = log_softmax(student_logits / temperature)
    teacher = log_softmax(teacher_logits / temperature)
    if beta == 0:
        jsd = np.exp(teacher) * (teacher - student)
    elif beta == 1:
        jsd = np.exp(student) * (student - teacher)
    else:
        mixture = np.logaddexp(student + np.log1p(-beta), teacher + np.log(beta))
        kl_teacher = np.exp(teacher) * (teacher - mixture)
        kl_student = np.exp(student) * (student - mixture)
        jsd = beta * kl_teacher + (1 - beta) * kl_student
    return jsd.sum(axis=-1)


CALLS = {
    "simpo": _simpo,
    "grpo": _grpo,
    "generalized_jsd": generalized_jsd,
    "distillation_kl": generalized_jsd,
}


def measure(one):
    """Rows, and their mean and sum."""
    found = CALLS[one.loss](one.pred, one.target, **one.theirs)
    return {"rows": found, "mean": found.mean(), "sum": found.sum()}
