"""Dropping rows, and counting how many were dropped for which reason."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from model_server.contract import reasons
from model_server.contract.manifest import Cleaning, ClipOutliers, Feature
from model_server.contract.outcome import InputRefused

if TYPE_CHECKING:
    import pandas as pd


def clean(
    frame: "pd.DataFrame", cleaning: Cleaning, target: str, features: Sequence[str], name: str
) -> tuple["pd.DataFrame", dict[str, int]]:
    """Return the rows that stay and the number each step dropped; InputRefused (DataEmpty) if none stay."""
    dropped: dict[str, int] = {}
    for step, keep in (
        ("dropDuplicates", cleaning.drop_duplicates and (lambda rows: rows.drop_duplicates())),
        ("dropMissingTarget", cleaning.drop_missing_target and (lambda rows: rows.dropna(subset=[target]))),
        ("dropMissingRows", cleaning.drop_missing_rows and (lambda rows: rows.dropna(subset=list(features)))),
    ):
        if keep:
            before, frame = len(frame), keep(frame)
            dropped[step] = before - len(frame)
    if len(frame) == 0:
        counts = ", ".join(f"{step}: {count}" for step, count in dropped.items())
        raise InputRefused(reasons.DATA_EMPTY, f"{name}: spec.cleaning drops every row ({counts}); loosen it")
    return frame, dropped


def clipped(
    training: "pd.DataFrame", clip: ClipOutliers | None, features: Sequence[Feature]
) -> "pd.DataFrame":
    """Return the training rows with numbers clipped to their own quantiles; truths and held-out rows stay."""
    if clip is None:
        return training
    lower, upper = float(clip.lower_quantile), float(clip.upper_quantile)
    if not 0 <= lower < upper <= 1:
        raise InputRefused(
            reasons.INVALID_SPEC,
            "spec.cleaning.clipOutliers: lowerQuantile must be below upperQuantile, both from 0 to 1",
        )
    number = training[[feature.name for feature in features if feature.type == "numeric"]]
    made = number.clip(number.quantile(lower), number.quantile(upper), axis="columns")
    return training.assign(**{str(column): made[column] for column in made})
