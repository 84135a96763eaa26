"""Codes that look like numbers: 007 and 01234, whose zeros a number would lose."""

import re
import warnings
from pathlib import Path

SAMPLE = 1000  # rows that are looked at
CODE = re.compile(r"\s*-?0\d+\s*")


def coded_columns(path: Path) -> set[str]:
    """Return the columns of a csv file among whose first rows is a whole number with a zero before it.

    Empty for a file that does not read as csv: whoever reads all of it says what is wrong.
    """
    import pandas as pd  # noqa: PLC0415  half a second

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            head = pd.read_csv(
                path, dtype="str", keep_default_na=False, nrows=SAMPLE, index_col=False, compression=None
            )
        except ValueError:
            return set()
    return {str(name) for name in head if head[name].str.fullmatch(CODE).any()}
