"""Rows as an engine takes them: numbers in one block, categories as codes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MISSING_CODE = -1
OTHER_CODE = -2  # a text that is none of the known categories


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows of one request or of many; columns of one kind lie together, in the signature's order.

    `numbers` is float64 [rows, numeric and boolean columns], where NaN is missing. `codes` is int32 [rows,
    categorical columns]: a place among the column's known categories, MISSING_CODE or OTHER_CODE. `others`
    has the texts of the cells with OTHER_CODE, row after row, for the engines that read text.
    """

    numbers: NDArray[np.float64]
    codes: NDArray[np.int32]
    others: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """Return the number of rows."""
        return len(self.numbers)


def concatenate(matrices: Sequence[Matrix]) -> Matrix:
    """Return the rows of all matrices, which are of one signature, as one matrix."""
    if len(matrices) == 1:
        return matrices[0]
    return Matrix(
        np.concatenate([matrix.numbers for matrix in matrices]),
        np.concatenate([matrix.codes for matrix in matrices]),
        tuple(text for matrix in matrices for text in matrix.others),
    )
