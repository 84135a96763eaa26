"""Which known category a client means, however it is spelled."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from model_server.contract.signature import Column
from model_server.rows.matrix import MISSING_CODE, OTHER_CODE
from model_server.rows.spelling import BLANKS, category_of, is_number, words_of


class Codes(dict[Any, int]):
    """The code of every value that a categorical column takes, looked up by the value as it was sent.

    A text that is a known category as it stands is that category. Else the canonical spelling decides: it is that of
    one known category, a missing value, or an unknown category, which has OTHER_CODE. Raises TypeError for a list or
    an object, and ValueError for NaN and for a number or a truth where no known category is one.
    """

    def __init__(self, column: Column) -> None:
        known = {name: code for code, name in enumerate(column.categories)}
        names = [category_of(name) for name in known]
        words = words_of(column.missing_words).difference(names)
        super().__init__({None: MISSING_CODE} | dict.fromkeys(words, MISSING_CODE) | known)
        # Two categories of one canonical spelling are told apart by their own spelling only.
        times = Counter(names)
        self.spelled = {name: code for code, name in enumerate(names) if times[name] == 1}
        self.kinds = kinds_of(names)

    def __missing__(self, value: Any) -> int:
        """Return the code of a value that is no known category as it stands."""
        if isinstance(value, str) and (bare := value.strip(BLANKS)) in self and bare != value:
            return self[bare]
        if not isinstance(value, str | int | float):
            raise TypeError
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError
        name = category_of(value)
        code = self.get(name, self.spelled.get(name))
        if code is not None:
            return code
        if type(value) not in self.kinds:
            raise ValueError
        return OTHER_CODE


def kinds_of(names: Sequence[str]) -> frozenset[type]:
    """Return which types may name an unknown category: text, and those that a known one has, if any is known."""
    numbers = not names or any(map(is_number, names))
    truths = not names or not {"true", "false"}.isdisjoint(names)
    return frozenset({str} | ({int, float} if numbers else set()) | ({bool} if truths else set()))
