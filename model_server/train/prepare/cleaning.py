"""Dropping rows, counting how many were dropped for which reason, and refusing to lose a class or too many."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from model_server.contract import reasons
from model_server.contract.manifest import MISSING_VALUES, Cleaning, ClipOutliers, Feature, RowSource
from model_server.contract.outcome import InputRefused
from model_server.train.prepare.target import class_names
from model_server.train.rows.quoting import listed

if TYPE_CHECKING:
    import pandas as pd

# A missing value loses what the row says otherwise; a repetition loses nothing.
LOSSES = ("dropMissingTarget", "dropMissingRows")
Keep = Callable[["pd.DataFrame"], "pd.DataFrame"]


def clean(
    frame: "pd.DataFrame", cleaning: Cleaning, target: str, features: Sequence[str], name: str
) -> tuple["pd.DataFrame", dict[str, int]]:
    """Return the rows that stay and the number each step dropped.

    Raises InputRefused (DataEmpty) if none stay, (TooManyRowsDropped) for more than `maxDroppedPercent`.
    """
    read, dropped = len(frame), {}
    for step, keep in steps(cleaning, target, features).items():
        before, frame = len(frame), keep(frame)
        dropped[step] = before - len(frame)
    if len(frame) == 0:
        raise InputRefused(
            reasons.DATA_EMPTY, f"{name}: spec.cleaning drops every row ({counts_of(dropped)}); loosen it"
        )
    refuse_losses(dropped, read, cleaning.max_dropped_percent, name)
    return frame, dropped


def steps(cleaning: Cleaning, target: str, features: Sequence[str]) -> dict[str, Keep]:
    """Return what each step that is asked for keeps, in the order of the steps."""
    read = [*features, target]
    made: dict[str, tuple[bool, Keep]] = {
        # An id tells two rows apart that teach the same, and hides that they do.
        "dropDuplicates": (cleaning.drop_duplicates, lambda rows: rows.drop_duplicates(subset=read)),
        "dropMissingTarget": (cleaning.drop_missing_target, lambda rows: rows.dropna(subset=[target])),
        "dropMissingRows": (cleaning.drop_missing_rows, lambda rows: rows.dropna(subset=list(features))),
    }
    return {step: keep for step, (wanted, keep) in made.items() if wanted}


def refuse_losses(dropped: Mapping[str, int], read: int, percent: int, name: str) -> None:
    """Raise InputRefused (TooManyRowsDropped) when missing values cost more rows than are allowed."""
    lost = sum(dropped.get(step, 0) for step in LOSSES)
    if lost * 100 <= percent * read:
        return
    raise InputRefused(
        reasons.TOO_MANY_ROWS_DROPPED,
        f"{name}: {lost} of {read} rows ({100 * lost / read:.1f} %) would be dropped for missing values "
        f"({counts_of({step: dropped[step] for step in LOSSES if dropped.get(step)})}), more than the {percent} % of "
        "spec.cleaning.maxDroppedPercent; complete the rows, list spec.data.missingValues without what is a value, "
        "or raise it",
    )


def counts_of(dropped: Mapping[str, int]) -> str:
    """Return the steps with their counts."""
    return ", ".join(f"{step}: {count}" for step, count in dropped.items())


def refuse_words(words: Mapping[str, int], source: RowSource, read: int) -> None:
    """Raise InputRefused (TooManyRowsDropped) for classes such as NA, unless the spec says what means missing.

    `words` are the texts in the target that mean a missing value, with their numbers of rows.
    """
    if not words or set(source.missing_values) != set(MISSING_VALUES):
        return
    word, rows = max(words.items(), key=lambda item: item[1])
    told = f'"{word}" in {rows} of {read} rows'
    raise InputRefused(
        reasons.TOO_MANY_ROWS_DROPPED,
        f'spec.data.missingValues: the target "{source.target}" is {told}, which means a missing value, and they would '
        f'be dropped; if {word} is a class, list the texts without it, such as [""]; if it is not, list those that '
        f'mean missing here, such as ["", "{word}"]',
    )


def refuse_lost_classes(before: "pd.Series[str]", after: "pd.Series[str]", name: str) -> None:
    """Raise InputRefused (TooManyRowsDropped) when cleaning has dropped every row of a class."""
    lost = sorted(set(class_names(before.dropna())) - set(class_names(after)))
    if not lost:
        return
    rows = int(class_names(before.dropna()).isin(lost).sum())
    raise InputRefused(
        reasons.TOO_MANY_ROWS_DROPPED,
        f"{name}: spec.cleaning.dropMissingRows drops every row of class {listed(lost, 5)} ({rows} rows); "
        "set it to false, so that spec.preprocessing imputes, or leave out the features that miss their values",
    )


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
