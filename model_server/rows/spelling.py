"""How files of rows and clients spell a value: one text names each category, in training and in requests alike.

The canonical spelling of a number is its value: 6 and 6.0 are `6`, a half is `0.5`. That of true and false is `true`
and `false`. A text loses the blanks around it; True, TRUE and true are `true`; and a text that is just how a machine
prints a whole float, `6.0` or `1e+16`, is that whole number, since files spell a column of codes so as soon as one of
them is missing. Any other text is itself: `06`, `6.00`, `+6` and `1.10` may be codes, and name what they spell.
"""

import re
from functools import lru_cache
from typing import Any

import numpy as np

# What a text loses on both sides. Listed, since Python and Arrow do not agree on the rarer blanks.
BLANKS = " \t\r\n\v\f\u00a0\u2007\u202f\u3000\ufeff"
WHOLE_FLOAT = re.compile(r"-?\d+\.0|-?\d(\.\d+)?e\+\d+")
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?(e-\d+)?")
TRUTHS = {"true": 1.0, "yes": 1.0, "1": 1.0, "false": 0.0, "no": 0.0, "0": 0.0}


def category_of(value: Any) -> str:
    """Return the canonical spelling of a text, a number or a truth: the text that names its category."""
    if isinstance(value, str):
        return text_category(value)
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, int | np.integer):
        return str(int(value))  # a float would merge neighbours beyond 2**53
    number = float(value)
    return str(int(number)) if number.is_integer() else str(value)


def text_category(text: str) -> str:
    """Return the canonical spelling of a text."""
    bare = text.strip(BLANKS)
    if bare.lower() in {"true", "false"}:
        return bare.lower()
    if WHOLE_FLOAT.fullmatch(bare) and repr(float(bare)) == bare:
        return str(int(float(bare)))
    return bare


def truth_of(value: Any) -> float:
    """Return 1.0 for true, yes or 1 and 0.0 for false, no or 0, in any case; ValueError for anything else."""
    truth = TRUTHS.get(category_of(value).lower())
    if truth is None:
        raise ValueError("neither true nor false")
    return truth


def is_number(name: str) -> bool:
    """Return whether a canonical spelling is that of a number."""
    return NUMBER.fullmatch(name) is not None


@lru_cache(maxsize=1024)
def words_of(missing_values: tuple[str, ...]) -> frozenset[str]:
    """Return the canonical spellings of the texts that mean a missing value."""
    return frozenset(map(category_of, missing_values))


@lru_cache(maxsize=1024)
def missing_numbers(missing_values: tuple[str, ...]) -> tuple[float, ...]:
    """Return the numbers among the texts that mean a missing value, such as -999."""
    return tuple(sorted(float(word) for word in words_of(missing_values) if is_number(word)))
