"""Bits per byte, the negative log-likelihood of a text to the base 2 over its bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from losscli.errors import UsageError
from losscli.losses.declare import INDICES, LOGIT, Interval, Param, shapes
from losscli.metrics.core.estimate import Means
from losscli.metrics.core.metric import Array
from losscli.metrics.core.tokens import (
    LOG_2,
    PARAMS,
    TokenMetric,
    reference_of,
    token_terms,
    with_log_probabilities,
)
from losscli.stats.dual import Dual


def _terms(pred: Array, target: Array | None, *, bytes: Any = None, **_: Any) -> Any:  # noqa: A002
    """The mean negative log-likelihood of a token in bits, over the mean bytes of a token.

    pred are logits or probabilities (N, C), recognised as such if every row lies in [0, 1] and sums
    to 1, and target class indices (N,); or pred are the natural log-probabilities of the tokens
    (N,), without targets.

    >>> bits_per_byte([[0.5, 0.5], [0.5, 0.5]], [0, 1], bytes=4)
    0.25
    """
    columns = {"bytes": bytes} if isinstance(bytes, np.ndarray) else {}
    return token_terms(pred, target, **columns)


def _value(means: Means, *, bytes: float | str, **_: Any) -> Dual:  # noqa: A002
    if isinstance(bytes, str):  # each token has its own
        return means["nll"] / means["bytes"] / LOG_2
    return means["nll"] / (LOG_2 * Fraction(bytes))


@dataclass(frozen=True, eq=False, kw_only=True)
class _BitsPerByte(TokenMetric):
    def for_params(self, params: Mapping[str, Any]) -> "_BitsPerByte":
        """The metric with a further column where each token has its own bytes."""
        if not isinstance(params["bytes"], str):
            return self
        columns = (*self.columns, "bytes")
        variants = tuple(replace(each, columns=columns) for each in self.variants)
        return replace(self, columns=columns, variants=variants)

    def check_shapes(
        self, pred: Sequence[int], target: Sequence[int] | None, params: Mapping[str, Any]
    ) -> None:
        TokenMetric.check_shapes(self, pred, target, params)
        if params["bytes"] is None:
            raise UsageError(
                "bits_per_byte needs the bytes of a token: those of the text over its tokens",
                hint="-m bits_per_byte:bytes=4.2, or bytes=COLUMN with those of each token",
            )


def _reference(pred: Any, target: Any, weight: Any, *, bytes: float, **_: Any) -> float:  # noqa: A002
    scale = Decimal(bytes) * Decimal(2).ln()
    return reference_of(lambda mean: mean / scale)(pred, target, weight)


bits_per_byte = with_log_probabilities(
    _BitsPerByte(
        name="bits_per_byte",
        aliases=("bpb",),
        family="language",
        formula="mean cross-entropy of a token / log 2 / bytes of a token",
        latex=r"-\frac{1}{B} \sum_i \log_2 p_i(y_i)",
        source="Gao et al., The Pile, 2020, section 3.1",
        pred=LOGIT,
        target=INDICES,
        rows_of=shapes.LABELLED,
        columns=("nll",),
        params=(
            *PARAMS,
            Param(
                "bytes",
                None,
                Interval(0.0, ends="()"),
                "UTF-8 bytes of the text over its tokens, or the column of those of each token",
                by_row=Interval(0.0, ends="[)"),
            ),
        ),
        terms=_terms,
        value=_value,
        reference=_reference,
        higher_is_better=False,
        use="language models of different tokenizers are compared on one text",
        avoid="tokenizers are the same: bits_per_token, perplexity",
        equivalents={
            "torch": "F.cross_entropy(torch.as_tensor(pred), torch.as_tensor(target)) "
            "/ np.log(2) / bytes"
        },
        pitfalls=(
            "Bytes are those of the tokens that count: special tokens and prompts have none.",
            "Groups of other texts have other bytes a token: name a column of those of each token.",
        ),
    )
)
