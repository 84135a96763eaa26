"""From a frame of text and numbers to typed columns, and from those to the matrix of the signature."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from model_server.contract import reasons
from model_server.contract.manifest import Feature, RowSource
from model_server.contract.outcome import InputRefused
from model_server.engines.sklearn import Rows
from model_server.rows.categories import category_of, is_missing
from model_server.train.rows.inference import refuse_first, type_of, wrong_type
from model_server.train.rows.quoting import columns_shown

if TYPE_CHECKING:
    import pandas as pd

MAX_NAME_LENGTH = 128  # what a signature holds
TRUTHS = {"true": 1.0, "yes": 1.0, "1": 1.0, "1.0": 1.0, "false": 0.0, "no": 0.0, "0": 0.0, "0.0": 0.0}


def features_of(frame: "pd.DataFrame", source: RowSource, name: str) -> tuple[Feature, ...]:
    """Return the declared features, or all columns but target and time column with inferred types.

    Raises InputRefused (TargetMissing, ColumnMissing, WrongType, InvalidSpec) naming field and file.
    """
    columns = [str(column) for column in frame.columns]
    require_target(columns, source, name)
    features = declared_or_inferred(frame, columns, source, name)
    for feature in features:
        require_short_name(feature.name, name)
    return features


def declared_or_inferred(
    frame: "pd.DataFrame", columns: Sequence[str], source: RowSource, name: str
) -> tuple[Feature, ...]:
    """Return the features as `features_of` promises, before their names are looked at."""
    if source.features:
        for feature in source.features:
            require_feature(feature, columns, source, name)
        return source.features
    left_out = {source.target, source.split.time_column}
    inferred = tuple(
        Feature(name=one, type=type_of(frame[one], name)) for one in columns if one not in left_out
    )
    if not inferred:
        raise InputRefused(
            reasons.COLUMN_MISSING,
            f'{name} has no column beside the target "{source.target}"; add one to learn from',
        )
    return inferred


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

    Raises InputRefused (WrongType) with the first row that does not fit.
    """
    import pandas as pd  # noqa: PLC0415  loaded with the frame

    made = {feature.name: CONVERSIONS[feature.type](frame[feature.name], name) for feature in features}
    return pd.DataFrame(made, index=frame.index)


def numbers(column: "pd.Series[Any]", name: str) -> "pd.Series[Any]":
    """Return the column as finite float64 and NaN."""
    import pandas as pd  # noqa: PLC0415  loaded with the frame

    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        raise wrong_type(column, column.index[0], name, "is a time, not a number")
    found = pd.to_numeric(column, errors="coerce").astype("float64")
    refuse_first(column, found.isna() & column.notna(), name, "is not a number; declare it categorical")
    refuse_first(column, found.abs() == np.inf, name, "is not finite; leave the cell empty instead")
    return found


def truths(column: "pd.Series[Any]", name: str) -> "pd.Series[Any]":
    """Return the column as 1.0 for true, 0.0 for false and NaN."""
    found = column.map(lambda value: np.nan if is_missing(value) else TRUTHS.get(str(value).lower(), np.nan))
    found = found.astype("float64")
    refuse_first(column, found.isna() & column.notna(), name, "is neither true nor false")
    return found


def categories(column: "pd.Series[Any]", _: str) -> "pd.Series[Any]":
    """Return the column as objects: the text that names each category, or NaN."""
    names = {
        value: category_of(value if isinstance(value, NAMED) else str(value))
        for value in column.dropna().unique()
    }
    return column.map(names, na_action="ignore").astype(object).where(column.notna(), np.nan)


NAMED = (str, bool, int, float, np.bool_, np.number)
CONVERSIONS = {"numeric": numbers, "boolean": truths, "categorical": categories}


def matrix_of(frame: "pd.DataFrame") -> Rows:
    """Return the typed frame as the signature's matrix: float64, or object when a category is in it."""
    whole = all(dtype == np.float64 for dtype in frame.dtypes)
    return np.ascontiguousarray(frame.to_numpy(dtype=np.float64 if whole else object))
