"""Refusing the cell of a column that does not fit, by its row."""

from typing import TYPE_CHECKING, Any

from model_server.contract import reasons
from model_server.contract.outcome import InputRefused

if TYPE_CHECKING:
    import pandas as pd


def refuse_first(column: "pd.Series[Any]", wrong: "pd.Series[Any]", name: str, complaint: str) -> None:
    """Raise InputRefused (WrongType) for the first wrong row, counted from 1 without the header."""
    if wrong.any():
        raise wrong_type(column, first_row(wrong), name, complaint)


def first_row(wrong: "pd.Series[Any]") -> Any:
    """Return the index of the first row that is marked; rows are indexed from 0 as they were read."""
    return wrong.idxmax()


def wrong_type(column: "pd.Series[Any]", row: Any, name: str, complaint: str) -> InputRefused:
    """Return the refusal of one cell; its value is cut short, since a row may hold anything."""
    value = str(column.loc[row])[:40]
    return InputRefused(
        reasons.WRONG_TYPE, f'{name}: column "{column.name}" row {row + 1}: "{value}" {complaint}'
    )
