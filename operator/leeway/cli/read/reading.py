"""Recorded rows from a CSV file, in the bins of a profile."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from leeway.cli.play.recorded import NO_LABEL, RIGHT, WRONG, Rows
from leeway.cli.read.cells import make_place, spelled
from leeway.cli.refusal import BadInputError
from leeway.core.evidence.profile import Column, Profile

Cells = dict[str, str]


@dataclass(frozen=True, slots=True)
class Roles:
    """Which columns of a file are the answer and the truth."""

    score: str = "score"
    label: str = ""
    prediction: str = ""


def read_rows(path: Path, profile: Profile, roles: Roles) -> Rows:
    """Return the rows of a file; raise BadInputError naming file, line and column."""
    cells = _read_columns(path, _names(profile, roles))
    return _make_rows(path, cells, profile, roles)


def read_canary_rows(path: Path, beside: Path, profile: Profile, roles: Roles) -> Rows:
    """Return the canary's answers to the rows of the file `beside`; columns that `path` lacks are taken from there."""
    names = _names(profile, roles)
    shared = _read_columns(beside, names)
    own = _read_columns(path, names, required={roles.score, roles.prediction} - {""})
    if _length(own) != _length(shared):
        raise BadInputError(
            f"{path} has {_length(own):,} rows and {beside} has {_length(shared):,}: give the canary's answers to the"
            " same rows, in the same order."
        )
    return _make_rows(path, shared | own, profile, roles)


def _names(profile: Profile, roles: Roles) -> set[str]:
    features = {column.name for column in profile.features}
    return features | {roles.score, roles.label, roles.prediction} - {""}


def _read_columns(path: Path, names: set[str], required: set[str] | None = None) -> dict[str, list[str]]:
    """Return the cells of the named columns that the file has."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            header = reader.fieldnames or ()
            for name in sorted((names if required is None else required) - set(header)):
                raise BadInputError(f"{path} has no column {name!r}; it has {', '.join(header) or 'none'}.")
            for name in (name for name in header if name in names and header.count(name) > 1):
                raise BadInputError(f"{path} has the column {name!r} twice: remove one of them.")
            kept = [name for name in header if name in names]
            columns: dict[str, list[str]] = {name: [] for name in kept}
            for row in _whole(path, reader):
                for name in kept:
                    columns[name].append(row[name])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInputError(f"{path} cannot be read: {error}") from error
    if not columns or not _length(columns):
        raise BadInputError(f"{path} has no rows.")
    return columns


def _whole(path: Path, reader: csv.DictReader[str]) -> Iterator[Cells]:
    """Yield the rows; csv gives a short one None for cells, and a long one cells without a name."""
    for row in reader:
        cells: Mapping[str | None, str | None] = dict(row)
        if None in cells or None in cells.values():
            raise BadInputError(f"{path}: line {reader.line_num} has more cells than the header, or fewer.")
        yield row


def _length(columns: Mapping[str, list[str]]) -> int:
    return len(next(iter(columns.values())))


def _make_rows(path: Path, cells: Mapping[str, list[str]], profile: Profile, roles: Roles) -> Rows:
    features = [
        _in_bins(path, column.name, make_place(column), cells[column.name]) for column in profile.features
    ]
    score = _in_bins(path, roles.score, _make_score_place(profile.score), cells[roles.score])
    bins = tuple(len(column.labels) for column in (*profile.features, profile.score))
    return Rows((*features, score), bins, _outcomes(cells, roles))


def _in_bins(path: Path, name: str, place: Callable[[str], int], cells: list[str]) -> bytes:
    known: dict[str, int] = {}
    for row, cell in enumerate(cells, start=1):
        if cell in known:
            continue
        try:
            known[cell] = place(cell)
        except ValueError as error:
            raise BadInputError(f"{path}: row {row}, column {name!r}: {error}") from error
    return bytes(map(known.__getitem__, cells))


def _make_score_place(score: Column) -> Callable[[str], int]:
    in_bins = make_place(Column("", (*score.labels, "missing", "other"), (), edges=score.edges))

    def place(cell: str) -> int:
        if not isfinite(float(cell)):
            raise ValueError("a score must be a finite number")
        return in_bins(cell)

    return place


def _outcomes(cells: Mapping[str, list[str]], roles: Roles) -> bytes:
    """Return of each row whether its prediction was right; a row without a label has no outcome."""
    if not roles.label:
        return bytes([NO_LABEL]) * _length(cells)
    return bytes(
        NO_LABEL if not label.strip() else RIGHT if spelled(label) == spelled(prediction) else WRONG
        for label, prediction in zip(cells[roles.label], cells[roles.prediction], strict=True)
    )
