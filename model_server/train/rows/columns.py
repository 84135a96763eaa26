"""From a frame of text and numbers to typed columns, and from those to the matrix of the signature."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from model_server.contract import reasons
from model_server.contract.manifest import Feature, FeatureType, RowSource
from model_server.contract.outcome import InputRefused
from model_server.engines.sklearn import Rows
from model_server.rows.spelling import category_of, truth_of
from model_server.train.rows.cells import refuse_first, wrong_type
from model_server.train.rows.inference import DRESSED, UNDRESS, refuse_no_value, type_of
from model_server.train.rows.quoting import columns_shown, listed
from model_server.train.rows.texts import is_text
from model_server.train.rows.together import each

if TYPE_CHECKING:
    import pandas as pd

MAX_NAME_LENGTH = 128  # what a signature holds


def features_of(frame: "pd.DataFrame", source: RowSource, name: str) -> tuple[Feature, ...]:
    """Return the declared features, or all columns that nothing else is made of, with inferred types.

    Raises InputRefused (TargetMissing, ColumnMissing, WrongType, InvalidSpec) naming field and file, and every column
    that is wrong.
    """
    columns = [str(column) for column in frame.columns]
    require_target(columns, source, name)
    refuse_no_value(frame[source.target])
    features = (declared if source.features else inferred)(frame, columns, source, name)
    each(features, lambda feature: require_short_name(feature.name, name))
    return features


def declared(
    frame: "pd.DataFrame", columns: Sequence[str], source: RowSource, name: str
) -> tuple[Feature, ...]:
    """Return the declared features, each of which is a column of values, is listed once and is not the target."""
    if source.exclude:
        raise InputRefused(
            reasons.INVALID_SPEC,
            "spec.data.exclude: remove it, or spec.data.features: listed features leave every other column out",
        )
    each(source.features, lambda feature: require_feature(feature, columns, source, name))
    each(source.features, lambda feature: refuse_no_value(frame[feature.name]))
    return source.features


def inferred(
    frame: "pd.DataFrame", columns: Sequence[str], source: RowSource, name: str
) -> tuple[Feature, ...]:
    """Return all columns but the target, the time, the group and what is excluded, with the types they seem to have."""
    unknown = [one for one in source.exclude if one not in columns]
    if unknown:
        raise InputRefused(
            reasons.COLUMN_MISSING,
            f'spec.data.exclude: column "{listed(unknown)}" is not in {name} ({columns_shown(columns)}); '
            + (blanks_around(unknown[0], columns) or "remove it or correct its name"),
        )
    left_out = {source.target, source.split.time_column, source.split.group_column, *source.exclude}
    names = [one for one in columns if one not in left_out]
    if not names:
        raise InputRefused(
            reasons.COLUMN_MISSING,
            f'{name} has no column beside the target "{source.target}" that is a feature; add one to learn from',
        )
    return tuple(each(names, lambda one: Feature(name=one, type=type_of(frame[one], name))))


def require_target(columns: Sequence[str], source: RowSource, name: str) -> None:
    """Raise InputRefused (TargetMissing) unless the target is a column."""
    if source.target not in columns:
        raise InputRefused(
            reasons.TARGET_MISSING,
            f'spec.data.target: column "{source.target}" is not in {name} ({columns_shown(columns)}); '
            + (blanks_around(source.target, columns) or "set spec.data.target to one of them"),
        )


def require_feature(feature: Feature, columns: Sequence[str], source: RowSource, name: str) -> None:
    """Raise InputRefused unless the feature is a column, is listed once and is not the target."""
    if feature.name not in columns:
        raise InputRefused(
            reasons.COLUMN_MISSING,
            f'spec.data.features: column "{feature.name}" is not in {name} ({columns_shown(columns)}); '
            + (blanks_around(feature.name, columns) or "remove it or correct its name"),
        )
    if feature.name == source.target:
        raise InputRefused(
            reasons.INVALID_SPEC,
            f'spec.data.features: "{feature.name}" is the target; a model must not read what it predicts',
        )
    if [one.name for one in source.features].count(feature.name) > 1:
        raise InputRefused(
            reasons.INVALID_SPEC, f'spec.data.features: "{feature.name}" is listed twice; remove one'
        )


def blanks_around(name: str, columns: Sequence[str]) -> str:
    """Return the remedy when the header has the name with blanks around it, else nothing."""
    found = [column for column in columns if column.strip() == name.strip()]
    return f'the header has "{found[0]}": remove the blanks around it' if found else ""


def require_short_name(column: str, name: str) -> None:
    """Raise InputRefused (InvalidSpec) for a name that a ModelVersion cannot hold."""
    if not 0 < len(column) <= MAX_NAME_LENGTH:
        raise InputRefused(
            reasons.INVALID_SPEC,
            f'{name}: column "{column[:40]}…" has a name of {len(column)} characters; '
            f"rename it to 1 to {MAX_NAME_LENGTH}, or list spec.data.features without it",
        )


def typed(frame: "pd.DataFrame", features: Sequence[Feature], name: str) -> "pd.DataFrame":
    """Return the features in order: float64 for numbers and booleans, text or NaN for categories.

    Raises InputRefused (WrongType) with the first row of every column that does not fit.
    """
    import pandas as pd  # noqa: PLC0415  loaded with the frame

    made = each(features, lambda feature: CONVERSIONS[feature.type](frame[feature.name], name))
    columns = {feature.name: column for feature, column in zip(features, made, strict=True)}
    return pd.DataFrame(columns, index=frame.index)


def numbers(
    column: "pd.Series[Any]", name: str, remedy: str = "correct it, or declare the column categorical"
) -> "pd.Series[Any]":
    """Return the column as finite float64 and NaN; `remedy` is what to do about a text among them."""
    import pandas as pd  # noqa: PLC0415  loaded with the frame

    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        raise wrong_type(column, column.index[0], name, "is a time, not a number")
    found = pd.to_numeric(column, errors="coerce").astype("float64")
    wrong = found.isna() & column.notna()
    if is_text(column) and wrong.any():
        refuse_first(column, wrong & column.str.fullmatch(DRESSED), name, UNDRESS)
        refuse_first(column, wrong & (column == ""), name, 'is empty; list "" in spec.data.missingValues')
    refuse_first(column, wrong, name, f"is not a number; {remedy}")
    refuse_first(column, found.abs() == np.inf, name, "is not finite; leave the cell empty instead")
    return found


def truths(column: "pd.Series[Any]", name: str) -> "pd.Series[Any]":
    """Return the column as 1.0 for true, yes and 1, 0.0 for false, no and 0, and NaN."""
    found = column.map({value: truth_or_nan(value) for value in column.dropna().unique()}).astype("float64")
    refuse_first(
        column, found.isna() & column.notna(), name, "is neither true nor false, yes nor no, 1 nor 0"
    )
    return found


def truth_or_nan(value: Any) -> float:
    """Return the truth that the value spells, NaN when it spells none."""
    try:
        return truth_of(value if isinstance(value, NAMED) else str(value))
    except ValueError:
        return np.nan


def categories(column: "pd.Series[Any]", name: str) -> "pd.Series[Any]":
    """Return the column as objects: the canonical spelling of each category, or NaN."""
    import pandas as pd  # noqa: PLC0415  loaded with the frame

    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        raise wrong_type(column, column.index[0], name, "is a time, not a category; write it as text")
    if is_text(column):  # `canonical` has spelled it
        return column.astype(object).where(column.notna(), np.nan)
    names = {value: named(value) for value in column.dropna().unique()}
    return column.map(names, na_action="ignore").astype(object).where(column.notna(), np.nan)


def named(value: Any) -> str:
    """Return the canonical spelling of a value of a frame."""
    return category_of(value if isinstance(value, NAMED) else str(value))


NAMED = (str, bool, int, float, np.bool_, np.number)
CONVERSIONS = {"numeric": numbers, "boolean": truths, "categorical": categories}


def matrix_of(frame: "pd.DataFrame") -> Rows:
    """Return the typed frame as the signature's matrix: float64, or object when a category is in it."""
    whole = all(dtype == np.float64 for dtype in frame.dtypes)
    return np.ascontiguousarray(frame.to_numpy(dtype=np.float64 if whole else object))


def json_cell(kind: FeatureType, value: Any) -> float | str | bool | None:
    """Return a typed value as JSON has it."""
    if isinstance(value, str):
        return value
    if np.isnan(value):
        return None
    return bool(value) if kind == "boolean" else float(value)
