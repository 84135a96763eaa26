"""Checks on the rows as they were read, each answered with numbers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from model_server.contract import reasons
from model_server.contract.manifest import Expectation
from model_server.contract.outcome import ExpectationResult, InputRefused
from model_server.rows.spelling import category_of
from model_server.train.rows.cells import first_row
from model_server.train.rows.columns import named
from model_server.train.rows.inference import refuse_no_value
from model_server.train.rows.quoting import columns_shown, listed

if TYPE_CHECKING:
    import pandas as pd


def check_expectations(
    frame: "pd.DataFrame", expectations: Sequence[Expectation], name: str
) -> tuple[ExpectationResult, ...]:
    """Return every result, or raise InputRefused (InvalidSpec, ColumnMissing) if one cannot be asked."""
    return tuple(check(frame, one, name) for one in expectations)


def failure(results: Sequence[ExpectationResult]) -> str:
    """Return one sentence with all failed expectations, empty when all passed."""
    failed = [f"{one.name}: {one.message}" for one in results if not one.passed]
    return f"{len(failed)} of {len(results)} expectations failed: {'; '.join(failed)}" if failed else ""


def check(frame: "pd.DataFrame", expectation: Expectation, name: str) -> ExpectationResult:
    """Return whether the rows are as expected, with the counts that say so."""
    if expectation.check == "RowCount":
        return row_count(len(frame), expectation)
    column = column_of(frame, expectation, name)
    considered = column if expectation.check == "NonNull" else column.dropna()
    violations = VIOLATIONS[expectation.check](considered, expectation)
    wrong = int(violations.sum())
    share = (len(considered) - wrong) / len(considered) if len(considered) else 1.0
    needed = float(expectation.min_fraction or 1)
    text = f'{wrong} of {len(considered)} values of column "{column.name}" {complaint(expectation)}'
    if wrong:
        row = first_row(violations)
        text += f' (first: row {row + 1}, value "{str(column.loc[row])[:40]}"); {share:.6g} pass'
    if needed < 1:
        text += f", at least {needed:.6g} must"
    return ExpectationResult(name=expectation.name, passed=share >= needed, message=text)


def row_count(rows: int, expectation: Expectation) -> ExpectationResult:
    """Return whether the number of rows is within the bounds."""
    message = f"{rows} rows, {bounds(expectation)} expected"
    return ExpectationResult(name=expectation.name, passed=is_within(rows, expectation), message=message)


def column_of(frame: "pd.DataFrame", expectation: Expectation, name: str) -> "pd.Series[Any]":
    """Return the column the expectation speaks of, or raise InputRefused naming it."""
    place = f'spec.data.expectations "{expectation.name}"'
    if not expectation.column:
        raise InputRefused(reasons.INVALID_SPEC, f"{place}: check {expectation.check} needs a column")
    if expectation.check == "AllowedValues" and not expectation.values:
        raise InputRefused(reasons.INVALID_SPEC, f"{place}: check AllowedValues needs values")
    if expectation.column not in frame.columns:
        raise InputRefused(
            reasons.COLUMN_MISSING,
            f'{place}: column "{expectation.column}" is not in {name} '
            f"({columns_shown([str(one) for one in frame.columns])})",
        )
    refuse_no_value(frame[expectation.column])
    return frame[expectation.column]


def out_of_range(column: "pd.Series[Any]", expectation: Expectation) -> "pd.Series[Any]":
    """Return which values are no numbers or lie outside the bounds."""
    import pandas as pd  # noqa: PLC0415  loaded with the frame

    found = pd.to_numeric(column, errors="coerce").astype("float64")
    wrong = found.isna()
    if expectation.min is not None:
        wrong |= found < float(expectation.min)
    if expectation.max is not None:
        wrong |= found > float(expectation.max)
    return wrong


def not_allowed(column: "pd.Series[Any]", expectation: Expectation) -> "pd.Series[Any]":
    """Return which values are not in the list, however the file and the list spell them."""
    listed_values = set(map(category_of, expectation.values))
    allowed = [one for one in column.unique() if named(one) in listed_values]
    return ~column.isin(allowed)


VIOLATIONS: dict[str, Any] = {
    "Range": out_of_range,
    "NonNull": lambda column, _: column.isna(),
    "AllowedValues": not_allowed,
    "Unique": lambda column, _: column.duplicated(),
}


def complaint(expectation: Expectation) -> str:
    """Return what is wrong with a value that violates the expectation."""
    return {
        "Range": f"are not {bounds(expectation)}",
        "NonNull": "are missing",
        "AllowedValues": f"are not one of {listed(expectation.values, 8)}",
        "Unique": "repeat an earlier one",
    }[expectation.check]


def bounds(expectation: Expectation) -> str:
    """Return the bounds as a person writes them."""
    if expectation.min is not None and expectation.max is not None:
        return f"{expectation.min} to {expectation.max}"
    return f"at least {expectation.min}" if expectation.min is not None else f"at most {expectation.max}"


def is_within(number: float, expectation: Expectation) -> bool:
    """Return whether the number keeps both bounds."""
    low, high = expectation.min, expectation.max
    return (low is None or number >= float(low)) and (high is None or number <= float(high))
