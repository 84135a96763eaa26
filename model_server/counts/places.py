"""Where one row is counted: the bins of `bins.py`, found for a single row many times faster."""

import sys
from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from model_server.contract.profile import FeatureProfile
from model_server.contract.signature import Column, Signature
from model_server.counts.bins import inner_edges
from model_server.rows.matrix import OTHER_CODE, Matrix

LARGEST = sys.float_info.max

# How a column is counted. Plain tuples: to unpack objects with names for each row takes twice the time.
# Numeric or boolean: its place in the matrix's numbers, inner edges, the least and the most that lie in a bin, the
# place of the first bin and that of missing values, which others follow.
Numbers = tuple[int, list[float], float, float, int, int]
# Categorical: its place in the matrix's codes, the place of each code (from the end for those that are negative), and
# the places of categories that the profile knows and the signature does not list.
Categories = tuple[int, list[int], dict[str, int]]


class FeaturePlaces:
    """The places at which a row is counted, one for each feature, from `start` on in the order of the labels."""

    def __init__(self, signature: Signature, features: Sequence[FeatureProfile], start: int = 0) -> None:
        self.numbers: list[Numbers] = []
        self.categories: list[Categories] = []
        columns = {column.name: (column, place) for column, place in placed(signature)}
        for feature in features:
            column, place = columns[feature.name]
            if column.type == "categorical":
                self.categories.append(count_categories(feature, column, place, start))
            else:
                self.numbers.append(count_numbers(feature, place, start))
            start += len(feature.labels)

    def of(self, matrix: Matrix, row: int) -> list[int]:
        """Return the place of each feature's value in a row."""
        # Plain numbers of Python: a search among ten edges takes numpy twenty times as long.
        found: list[int] = []
        numbers: list[float] = matrix.numbers[row].tolist()
        for column, edges, least, most, first, missing in self.numbers:
            value = numbers[column]
            if least <= value <= most:
                found.append(first + bisect_right(edges, value))
            else:
                found.append(missing + (value == value))  # noqa: PLR0124  false for NaN alone
        codes: list[int] = matrix.codes[row].tolist()
        for column, places, unlisted in self.categories:
            place = places[codes[column]]
            if unlisted and codes[column] == OTHER_CODE:
                place = unlisted.get(other_text(matrix, row, column), place)
            found.append(place)
        return found


def placed(signature: Signature) -> list[tuple[Column, int]]:
    """Return each column with its place in its block of the matrix."""
    numbers = [column for column in signature.inputs if column.type != "categorical"]
    categories = [column for column in signature.inputs if column.type == "categorical"]
    return [(column, place) for block in (numbers, categories) for place, column in enumerate(block)]


def count_numbers(feature: FeatureProfile, column: int, start: int) -> Numbers:
    """Return how the column is counted; limits as `bins.is_far` has them."""
    least, most = (0.0, 1.0) if feature.type == "boolean" else (feature.min, feature.max)
    if least is None or most is None:
        least, most = -LARGEST, LARGEST
    else:
        width = most - least
        least, most = least - width, most + width
    return column, inner_edges(feature).tolist(), least, most, start, start + feature.bins


def count_categories(feature: FeatureProfile, column: Column, place: int, start: int) -> Categories:
    """Return how the column is counted; a listed category without a bin of its own is rare."""
    missing, other, unseen = range(start + feature.bins, start + feature.bins + 3)
    own = {str(name): start + at for at, name in enumerate(feature.categories)}
    places = [own.get(name, other) for name in column.categories]
    unlisted = {name: at for name, at in own.items() if name not in column.categories}
    # OTHER_CODE and MISSING_CODE are -2 and -1.
    return place, [*places, unseen, missing], unlisted


def other_text(matrix: Matrix, row: int, column: int) -> str:
    """Return the text of a cell with OTHER_CODE."""
    above = np.count_nonzero(matrix.codes[:row] == OTHER_CODE)
    before = np.count_nonzero(matrix.codes[row, :column] == OTHER_CODE)
    return matrix.others[above + before]
