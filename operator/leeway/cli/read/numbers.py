"""Numbers as people type them."""

from __future__ import annotations

from math import isfinite

from leeway.cli.refusal import BadInputError


def read_number(text: str) -> float | None:
    """Return a finite number, or None where the text is none."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


def read_share(option: str, text: str) -> float:
    """Return a share between 0 and 1 from `2%` or `0.02`; raise BadInputError naming the option."""
    number = read_number(text.removesuffix("%"))
    share = number / 100 if number is not None and text.endswith("%") else number
    if share is None or not 0 <= share <= 1:
        raise BadInputError(f"{option} {text}: write a share such as 2% or 0.02.")
    return share
