"""A category has one name, whatever kind of file or request spells it."""

from typing import Any

import numpy as np
import pytest

from model_server.contract.signature import Column, Signature
from model_server.engines.sklearn import SklearnEngine
from model_server.rows.categories import category_of, known_category
from model_server.rows.convert import matrix_of
from model_server.rows.refusal import Refusal
from model_server.rows.table import table_from_list
from tests.server.matrices import matrix_from_table

NAMES: dict[str, tuple[Any, str]] = {
    "text": ("rent", "rent"),
    "a truth": (True, "true"),
    "a truth of numpy": (np.bool_(False), "false"),
    "a whole number": (7, "7"),
    "a whole number beyond the reach of floats": (2**53 + 1, "9007199254740993"),
    "the same of numpy": (np.int64(2**53 + 1), "9007199254740993"),
    "a whole float": (1.0, "1"),
    "a fraction": (0.1, "0.1"),
    "a short fraction": (np.float32(0.1), "0.1"),
}


@pytest.mark.parametrize(("value", "name"), NAMES.values(), ids=NAMES)
def test_names_are_exact(value: Any, name: str) -> None:
    assert category_of(value) == name


SPELLED: dict[str, tuple[tuple[str, ...], Any, str]] = {
    "a number as csv spells floats": (("1.0", "2.0"), 2, "2.0"),
    "a float as csv spells whole numbers": (("1", "2"), 2.0, "2"),
    "a float as csv spells floats": (("1.0", "2.0"), 2.0, "2.0"),
    "a truth as Python spells it": (("False", "True"), True, "True"),
    "a truth as a spreadsheet spells it": (("FALSE", "TRUE"), False, "FALSE"),
    "a truth as JSON spells it": (("false", "true"), True, "true"),
    "text that is not known": (("own", "rent"), "boat", "boat"),
    "a number when no category is listed": ((), 2, "2"),
}


@pytest.mark.parametrize(("categories", "value", "name"), SPELLED.values(), ids=SPELLED)
def test_numbers_and_truths_find_the_known_category(
    categories: tuple[str, ...], value: Any, name: str
) -> None:
    column = Column("c", "categorical", categories)
    signature = Signature((column,))
    assert known_category(column, value) == name
    read = matrix_of(signature, table_from_list(signature, "rows", [[value]], 1))
    assert SklearnEngine(None, signature).rows_of(read).tolist() == [[name]]
    assert matrix_from_table(signature, {"c": [value]}).tolist() == [[name]]


@pytest.mark.parametrize("value", [7, 7.5, True])
def test_a_number_that_names_no_category_is_refused_with_those_that_are_known(value: Any) -> None:
    signature = Signature((Column("home", "categorical", ("own", "rent")),))
    with pytest.raises(Refusal, match=r'rows\[0\].home is .*send a string, such as "own", "rent"') as refused:
        matrix_of(signature, table_from_list(signature, "rows", [[value]], 1))
    assert refused.value.status == 400
