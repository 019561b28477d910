"""Perplexity, the exponential of the mean negative log-likelihood of tokens."""

from decimal import Decimal
from typing import Any

from losscli.losses.declare import INDICES, LOGIT, shapes
from losscli.metrics.core.estimate import Means
from losscli.metrics.core.metric import Array
from losscli.metrics.core.tokens import (
    PARAMS,
    TokenMetric,
    reference_of,
    token_terms,
    with_log_probabilities,
)
from losscli.stats.dual import Dual, exp


def _terms(pred: Array, target: Array | None, **_: Any) -> Any:
    """The exponential of the mean negative log-likelihood: 1 is perfect, C is a guess.

    pred are logits or probabilities (N, C), recognised as such if every row lies in [0, 1] and sums
    to 1, and target class indices (N,); or pred are the log-probabilities of the tokens (N,),
    without targets.

    >>> perplexity([[0.5, 0.5], [0.5, 0.5]], [0, 1])
    2.0
    """
    return token_terms(pred, target)


def _value(means: Means, **_: Any) -> Dual:
    return exp(means["nll"])


perplexity = with_log_probabilities(
    TokenMetric(
        name="perplexity",
        aliases=("ppl",),
        family="language",
        formula="exp of the mean cross-entropy, -log p(target)",
        latex=r"\exp\left(-\frac{1}{N} \sum_i \log p_i(y_i)\right)",
        source="Jelinek et al., Perplexity, J. Acoust. Soc. Am. 62, 1977",
        pred=LOGIT,
        target=INDICES,
        rows_of=shapes.LABELLED,
        columns=("nll",),
        params=PARAMS,
        terms=_terms,
        value=_value,
        reference=reference_of(Decimal.exp),
        higher_is_better=False,
        use="language models with one tokenizer are compared",
        avoid="tokenizers differ: bits_per_byte",
        equivalents={
            "torch": "torch.exp(F.cross_entropy(torch.as_tensor(pred), torch.as_tensor(target)))"
        },
        pitfalls=(
            "It is the exponential of the mean over all tokens, not a mean over sequences or "
            "batches.",
            "Shift logits and labels first: row i of the logits predicts token i + 1.",
            "A row of its -100 or other ignore_index does not count.",
        ),
    )
)
