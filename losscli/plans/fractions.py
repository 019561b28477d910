"""Shares, as fractions or percentages."""

from losscli.errors import UsageError


def fraction(value: float | str, name: str) -> float:
    """A share between 0 and 1, both excluded, from 0.95 or "95%"."""
    text = str(value).strip()
    try:
        number = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        number = -1.0
    if not 0 < number < 1:
        raise UsageError(f"{name} lies between 0 and 1, or 0% and 100%; {value!r} does not")
    return number
