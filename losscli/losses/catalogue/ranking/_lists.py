"""Domains of a list of candidates, some of which may be missing."""

from losscli.losses.core.domain import Numbers

# An entry of -inf is an absent candidate.
SIMILARITIES = Numbers("similarities")
LIST_SCORES = Numbers("scores of a list", logit_scale=1.0)
