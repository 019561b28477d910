"""Shares, as fractions or percentages."""

from typing import Any

from losscli.plans.flags import FlagError, declaration


def set_share(plan: Any, name: str, *, zero: bool = False) -> None:
    """Replace a share of a plan by its fraction: 0.95 for 0.95 or "95%"; None stays.

    zero: True where 0 is accepted too. Raises FlagError for what does not lie between 0 and 1.
    """
    value = getattr(plan, name)
    if value is None:
        return
    text = str(value).strip()
    try:
        number = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        number = -1.0
    if not (0 < number < 1 or (zero and number == 0)):
        words = f"takes a number between 0 and 1, or 0% and 100%, not {value!r}"
        raise FlagError.of(declaration(plan, name), words)
    object.__setattr__(plan, name, number)
