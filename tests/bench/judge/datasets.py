"""The two development data sets, scored by models that were trained on some of their earliest rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from model_server.counts.bins import score_bins
from tests.bench.judge.streams import (
    Fault,
    Parts,
    Stream,
    make_feature_series,
    make_score_profile,
    make_score_series,
    type_of,
)
from tests.bench.judge.wheels import read_car_loan, read_flights

Faults = Mapping[str, Callable[[pd.DataFrame], pd.DataFrame]]

SEED = 8
TRAINING, REFERENCE = 10_000, 20_000
CAR_LOAN_COLUMNS = (
    "car_value", "salary_range", "debt_to_income_ratio", "loan_length", "repaid_loan_on_prev_car",
    "size_of_downpayment", "driver_tenure",
)  # fmt: skip
FLIGHT_COLUMNS = (
    "carrier", "origin", "dest", "hour", "minute", "distance", "weekday", "temp", "humid", "wind_speed", "precip",
    "pressure", "visib",
)  # fmt: skip
LATE_MINUTES = 15
# One is about as harmful as the fault of the design's experiment (three points of error), the other half of that.
HOUR_FAULTS: Faults = {
    "the hour arrives in minutes": lambda columns: columns.assign(hour=60 * columns["hour"]),
    "the hour is missing": lambda columns: columns.assign(hour=np.nan),
}


@dataclass(frozen=True, slots=True)
class Recorded:
    """Rows in order of time with their truth; a model is trained on some of the earliest."""

    name: str
    columns: pd.DataFrame
    truth: NDArray[np.bool_]
    earliest: int


def make_flights() -> Stream:
    """Return flights from March on, for a model of January and February; the hour may reach it broken."""
    flights = read_flights()
    flights["weekday"] = pd.to_datetime(flights[["year", "month", "day"]]).dt.day_of_week
    late = (flights["arr_delay"] > LATE_MINUTES).to_numpy()
    earliest = int((flights["month"] <= 2).sum())
    return make_stream(Recorded("flights", flights[list(FLIGHT_COLUMNS)], late, earliest), HOUR_FAULTS)


def make_car_loan() -> Stream:
    """Return the loans of the second half, which drift from its 25,000th row on."""
    loans = read_car_loan()
    repaid = loans["repaid"].to_numpy() == 1
    stream = make_stream(Recorded("car-loan", loans[list(CAR_LOAN_COLUMNS)], repaid, 50_000), {})
    return replace(stream, drifts_at=25_000)


def make_stream(recorded: Recorded, faults: Faults) -> Stream:
    """Return how the model answers, and how it does with each of the faults."""
    columns, parts, training = recorded.columns, *split(recorded)
    model = fit(columns.iloc[training], recorded.truth[training])
    scores = model.predict_proba(columns)[:, 1]
    profile, later, truth = (
        make_score_profile(scores, parts),
        columns.iloc[parts.traffic],
        recorded.truth[parts.traffic],
    )

    def with_fault(name: str) -> Fault:
        answers = model.predict_proba(faults[name](later))[:, 1]
        return Fault(name, score_bins(profile, answers).astype(np.int8), (answers >= 0.5) != truth)

    return Stream(
        recorded.name,
        make_score_series(scores, parts),
        tuple(make_feature_series(str(name), columns[name], parts) for name in columns),
        wrong=(scores[parts.traffic] >= 0.5) != truth,
        faults=tuple(map(with_fault, faults)),
    )


def split(recorded: Recorded) -> tuple[Parts, NDArray[np.int64]]:
    """Return the rows of the reference, of its time and of the traffic, and those to train on."""
    order = np.random.default_rng(SEED).permutation(recorded.earliest)
    training, reference, rest = np.split(order, [TRAINING, TRAINING + REFERENCE])
    later = np.arange(recorded.earliest, len(recorded.columns))
    return Parts(np.sort(reference), np.sort(rest), later), training


def fit(columns: pd.DataFrame, truth: NDArray[np.bool_]) -> Pipeline:
    """Return a fitted model."""
    categories = [name for name in columns if type_of(columns[name]) == "categorical"]
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    trees = HistGradientBoostingClassifier(max_iter=60, random_state=SEED)
    return make_pipeline(make_column_transformer((encoder, categories), remainder="passthrough"), trees).fit(
        columns, truth
    )
