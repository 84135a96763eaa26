"""A category has one name, whatever kind of file or request spells it; what it is not is never taken for it."""

from typing import Any

import numpy as np
import pytest

from model_server.contract.signature import Column, Signature
from model_server.engines.sklearn import SklearnEngine
from model_server.rows.categories import Codes
from model_server.rows.convert import matrix_of
from model_server.rows.matrix import MISSING_CODE, OTHER_CODE
from model_server.rows.refusal import Refusal
from model_server.rows.spelling import category_of
from model_server.rows.table import table_from_list
from tests.server.matrices import matrix_from_table

NAMES: dict[str, tuple[Any, str]] = {
    "text": ("rent", "rent"),
    "text with blanks around it": (" rent\t", "rent"),
    "blanks within a text": ("to rent", "to rent"),
    "a truth": (True, "true"),
    "a truth of numpy": (np.bool_(False), "false"),
    "a truth as Python prints it": ("True", "true"),
    "a truth as a spreadsheet prints it": (" FALSE", "false"),
    "yes is a word": ("Yes", "Yes"),
    "a whole number": (7, "7"),
    "a whole number beyond the reach of floats": (2**53 + 1, "9007199254740993"),
    "the same of numpy": (np.int64(2**53 + 1), "9007199254740993"),
    "the same as text": ("9007199254740993", "9007199254740993"),
    "a whole float": (1.0, "1"),
    "a whole float as a file prints it": ("6.0", "6"),
    "a negative one": ("-6.0", "-6"),
    "nothing, below": ("-0.0", "0"),
    "a large float": (1e16, "10000000000000000"),
    "a large float as a file prints it": ("1e+16", "10000000000000000"),
    "a fraction": (0.1, "0.1"),
    "a short fraction": (np.float32(0.1), "0.1"),
    "a small fraction": (1e-05, "1e-05"),
    "a code with a leading zero": ("06", "06"),
    "a code with a leading zero and a fraction": ("06.0", "06.0"),
    "a code with a sign": ("+6", "+6"),
    "a release": ("1.10", "1.10"),
    "a price": ("6.00", "6.00"),
    "a code that looks like an exponent": ("12E4", "12E4"),
    "infinity": (float("inf"), "inf"),
}


@pytest.mark.parametrize(("value", "name"), NAMES.values(), ids=NAMES)
def test_a_category_has_one_canonical_spelling(value: Any, name: str) -> None:
    assert category_of(value) == name
    assert category_of(name) == name


KNOWN: dict[str, tuple[tuple[str, ...], Any, str]] = {
    "a number": (("1", "2"), 2, "2"),
    "a float": (("1", "2"), 2.0, "2"),
    "the text of a number": (("1", "2"), "2", "2"),
    "the text of a float": (("1", "2"), "2.0", "2"),
    "the text of a float with blanks": (("1", "2"), " 2.0 ", "2"),
    "a truth": (("false", "true"), True, "true"),
    "the text of a truth": (("false", "true"), "TRUE", "true"),
    "a number for a model that was taught floats": (("1.0", "2.0"), 2, "2.0"),
    "a text for a model that was taught floats": (("1.0", "2.0"), "2", "2.0"),
    "a truth for a model that was taught as Python spells it": (("False", "True"), True, "True"),
    "a truth for a model that was taught as a spreadsheet spells it": (("FALSE", "TRUE"), False, "FALSE"),
    "the first of two spellings that the model tells apart": (("6", "6.0"), "6", "6"),
    "the second of them": (("6", "6.0"), "6.0", "6.0"),
    "the second of them with blanks": (("6", "6.0"), " 6.0", "6.0"),
    "a word for missing that is a category": (("EU", "NA"), "NA", "NA"),
    "text that is not known": (("own", "rent"), "boat", "boat"),
    "text with blanks that is not known": (("own", "rent"), " boat", "boat"),
    "a number that is not known where numbers are": (("1", "2"), 99, "99"),
    "its text": (("1", "2"), "99", "99"),
    "a code that is not known": (("6", "7"), "06", "06"),
    "a number when no category is listed": ((), 2, "2"),
    "the text of a float when no category is listed": ((), "2.0", "2"),
}


@pytest.mark.parametrize(("categories", "value", "name"), KNOWN.values(), ids=KNOWN)
def test_a_value_finds_the_category_it_names(categories: tuple[str, ...], value: Any, name: str) -> None:
    column = Column("c", "categorical", categories)
    signature = Signature((column,))
    read = matrix_of(signature, table_from_list(signature, "rows", [[value]], 1))
    assert SklearnEngine(None, signature).rows_of(read).tolist() == [[name]]
    assert matrix_from_table(signature, {"c": [value]}).tolist() == [[name]]
    assert (read.codes[0, 0] == OTHER_CODE) == (name not in categories)


MISSING: dict[str, tuple[tuple[str, ...] | None, Any]] = {
    "null": (None, None),
    "the empty text": (None, ""),
    "blanks": (None, "  "),
    "a word": (None, "NA"),
    "a word with blanks": (None, " null "),
    "a word of the model's own": (("?", "-9"), "?"),
    "a number of the model's own": (("?", "-9"), -9),
    "the same as a file prints it": (("?", "-9"), "-9.0"),
}


@pytest.mark.parametrize(("words", "value"), MISSING.values(), ids=MISSING)
def test_a_missing_value_has_its_own_code(words: tuple[str, ...] | None, value: Any) -> None:
    column = Column("c", "categorical", ("1", "2"), nullable=True, missing_values=words)
    assert Codes(column)[value] == MISSING_CODE


def test_a_word_that_means_nothing_here_is_a_category() -> None:
    codes = Codes(Column("c", "categorical", ("EU",), nullable=True, missing_values=("",)))
    assert codes["NA"] == OTHER_CODE


def test_of_two_categories_with_one_spelling_neither_is_guessed() -> None:
    codes = Codes(Column("c", "categorical", ("True", "TRUE")))
    assert [codes[value] for value in ("True", "TRUE", True, "true")] == [0, 1, OTHER_CODE, OTHER_CODE]


@pytest.mark.parametrize("value", [7, 7.5, True])
def test_a_number_where_no_category_is_one_is_refused_with_those_that_are_known(value: Any) -> None:
    signature = Signature((Column("home", "categorical", ("own", "rent")),))
    with pytest.raises(Refusal, match=r'rows\[0\].home is .*send a string, such as "own", "rent"') as refused:
        matrix_of(signature, table_from_list(signature, "rows", [[value]], 1))
    assert refused.value.status == 400


def test_a_number_is_no_code_with_a_leading_zero() -> None:
    with pytest.raises(ValueError):
        Codes(Column("zip", "categorical", ("06", "07")))[6]


TRUTHS: dict[str, tuple[Any, float]] = {
    "true": (True, 1),
    "a number": (0, 0),
    "a float": (1.0, 1),
    "yes": ("yes", 1),
    "No with a capital and a blank": (" No", 0),
    "TRUE": ("TRUE", 1),
    "the text of a number": ("0", 0),
    "the text of a float": ("1.0", 1),
}


@pytest.mark.parametrize(("value", "truth"), TRUTHS.values(), ids=TRUTHS)
def test_a_truth_is_read_as_in_training(value: Any, truth: float) -> None:
    signature = Signature((Column("employed", "boolean", nullable=True),))
    for rows in ([[value]], [[value], ["yes"], [None], ["NA"]]):
        read = matrix_of(signature, table_from_list(signature, "rows", rows, 10)).numbers
        assert read[0, 0] == truth
        assert np.isnan(read[2:]).all()


STAND_INS = Signature(
    (
        Column("income", "numeric", nullable=True, missing_values=("-999", "?")),
        Column("age", "numeric", missing_values=("-999", "?")),
    )
)


def test_a_number_that_stands_for_a_missing_value_is_missing_in_requests_too() -> None:
    read = matrix_of(STAND_INS, table_from_list(STAND_INS, "rows", [[-999, 3], [5, -998.0]], 10)).numbers
    assert np.array_equal(read, np.array([[np.nan, 3.0], [5.0, -998.0]]), equal_nan=True)


REFUSED: dict[str, tuple[Signature, list[Any], str]] = {
    "a number that means missing": (STAND_INS, [1, -999], "rows[0].age is -999, which means a missing value"),
    "a word that means missing": (
        Signature((Column("home", "categorical", ("own",)),)),
        ["NA"],
        'rows[0].home is "NA", which means a missing value',
    ),
    "a text that is no truth": (
        Signature((Column("own", "boolean"),)),
        ["maybe"],
        "send true, false, 1 or 0",
    ),
    "a text for a number": (Signature((Column("x", "numeric", nullable=True),)), ["NA"], "send a number"),
}


@pytest.mark.parametrize(("signature", "row", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_missing_or_no_value_is_refused(signature: Signature, row: list[Any], words: str) -> None:
    with pytest.raises(Refusal) as refused:
        matrix_of(signature, table_from_list(signature, "rows", [row], 1))
    assert words in refused.value.error
