"""Streams of other people: a folder with a table and its description for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from tests.bench.judge.streams import Parts, Stream, make_feature_series, make_score_series
from tests.cluster.native.refusal import RefusedError

FORMATS = (".csv", ".parquet")
MIN_REFERENCE, MIN_TRAFFIC = 300, 1000
KEPT_ASIDE = 3  # of so many reference rows, one is judged instead of counted


class Description(BaseModel):
    """What a table's columns and rows mean, as NAME.yaml says it."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, frozen=True, strict=True)

    reference_rows: Annotated[int, Field(ge=MIN_REFERENCE)]
    score: str
    label: str | None = None
    positive_label: str | int | float | bool | None = None
    threshold: float = 0.5
    drift_row: Annotated[int, Field(ge=1)] | Literal["none"] | None = None
    exclude: tuple[str, ...] = ()


def read_streams(folder: Path) -> Iterator[Stream]:
    """Yield the stream of each table in the folder; raise RefusedError for what cannot be read, by file and field."""
    if not folder.is_dir():
        raise RefusedError(f"{folder} is no folder. STREAMS names a folder with NAME.csv beside NAME.yaml.")
    tables = sorted(path for path in folder.iterdir() if path.suffix in FORMATS)
    described = {path.stem for path in folder.iterdir() if path.suffix == ".yaml"}
    for name in sorted(described - {path.stem for path in tables}):
        raise RefusedError(
            f"{folder / name}.yaml describes no table: {name}.csv or {name}.parquet is missing."
        )
    if not tables:
        raise RefusedError(f"{folder} has no table: no file in it ends in .csv or .parquet.")
    names = [path.stem for path in tables]
    for name in (name for name in names if names.count(name) > 1):
        raise RefusedError(f"{folder} has both {name}.csv and {name}.parquet: keep one of them.")
    for path in tables:
        yield read_stream(path)


def read_stream(path: Path) -> Stream:
    """Return the stream of a table that has its description beside it."""
    description = read_description(path.with_suffix(".yaml"))
    table = read_table(path)
    refuse_unfitting(path, table, description)
    rows = split(len(table), description.reference_rows)
    features = [
        name for name in table if name not in (description.score, description.label, *description.exclude)
    ]
    scores = table[description.score].to_numpy(dtype=np.float64)
    drift_row = description.drift_row
    return Stream(
        path.stem,
        make_score_series(scores, rows),
        tuple(make_feature_series(str(name), table[name], rows) for name in features),
        wrong=wrong_answers(path, table, description, rows.traffic),
        drifts_at=drift_row - 1 - description.reference_rows if isinstance(drift_row, int) else None,
    )


def read_description(path: Path) -> Description:
    """Return what a YAML file says, or raise RefusedError that names the field."""
    if not path.exists():
        raise RefusedError(f"{path} is missing: it says which rows and columns of the table mean what.")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RefusedError(f"{path} is no YAML: {error}") from error
    if not isinstance(content, dict):
        raise RefusedError(f"{path} has no fields: it needs at least referenceRows and score.")
    if isinstance(content.get("exclude"), list):
        content["exclude"] = tuple(content["exclude"])
    try:
        return Description.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = str(first["loc"][0])
        raise RefusedError(f"{path}: {field}: {first['msg']}. Fields: {', '.join(list_fields())}.") from error


def list_fields() -> list[str]:
    """Return the names of the fields as they are written."""
    return [str(field.alias) for field in Description.model_fields.values()]


def read_table(path: Path) -> pd.DataFrame:
    """Return the rows of a file."""
    try:
        return pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    except (ValueError, pa.ArrowException, OSError) as error:
        raise RefusedError(f"{path} cannot be read: {error}") from error


def refuse_unfitting(path: Path, table: pd.DataFrame, description: Description) -> None:
    """Raise RefusedError for a description that the table does not have the rows and columns for."""
    named = [description.score, description.label, *description.exclude]
    for column in (column for column in named if column is not None and column not in table):
        raise RefusedError(f"{path} has no column {column!r}; it has {', '.join(map(str, table.columns))}.")
    score = table[description.score]
    if not pd.api.types.is_numeric_dtype(score) or not np.isfinite(score.to_numpy(dtype=np.float64)).all():
        raise RefusedError(f"{path}: the score column {description.score!r} must hold a number in every row.")
    traffic = len(table) - description.reference_rows
    if traffic < MIN_TRAFFIC:
        raise RefusedError(
            f"{path} has {len(table):,} rows, of which {description.reference_rows:,} are the reference: at least"
            f" {MIN_TRAFFIC:,} must be left as traffic. Lower referenceRows or bring more rows."
        )
    drift_row = description.drift_row
    if isinstance(drift_row, int) and not 0 < drift_row - 1 - description.reference_rows < traffic:
        raise RefusedError(
            f"{path}: driftRow {drift_row:,} is not in the traffic, which is rows"
            f" {description.reference_rows + 1:,} to {len(table):,}. Rows are counted from 1."
        )


def wrong_answers(
    path: Path, table: pd.DataFrame, description: Description, traffic: NDArray[np.int64]
) -> NDArray[np.bool_] | None:
    """Return which answers of the traffic were wrong, or None without labels."""
    if description.label is None:
        return None
    labels = table[description.label]
    values = sorted(labels.dropna().unique().tolist(), key=str)
    if len(values) != 2 or labels.isna().any():
        raise RefusedError(
            f"{path}: the label column {description.label!r} must hold one of two values in every row; it has"
            f" {len(values)}{' and empty cells' if labels.isna().any() else ''}. Leave label out to do without."
        )
    positive = values[1] if description.positive_label is None else description.positive_label
    if positive not in values:
        raise RefusedError(
            f"{path.with_suffix('.yaml')}: positiveLabel {positive!r} is no label; the labels are {values}."
        )
    says_positive = table[description.score].to_numpy() >= description.threshold
    return np.asarray((says_positive != (labels == positive).to_numpy())[traffic])


def split(rows: int, reference_rows: int) -> Parts:
    """Return the reference, a third of its rows kept aside to be judged as rows of its time, and the traffic."""
    order = np.random.default_rng(0).permutation(reference_rows)
    aside = reference_rows // KEPT_ASIDE
    return Parts(np.sort(order[aside:]), np.sort(order[:aside]), np.arange(reference_rows, rows))
