"""What a data scientist without Leeway writes for the real data sets: pandas and scikit-learn, nothing of ours."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_digits
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingRegressor, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, log_loss, mean_absolute_error, r2_score, recall_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler

DATA = Path(__file__).parents[2] / "data"


@dataclass(frozen=True)
class Plain:
    """The held-out rows of a data set, and what plain scikit-learn answers for them and scores on them."""

    trained_on: int
    rows: pd.DataFrame
    predicted: NDArray[Any]
    probabilities: NDArray[np.float64] | None
    metrics: dict[str, float]


def get_table(name: str) -> pd.DataFrame:
    """Return the table as pandas reads it."""
    return load_digits(as_frame=True).frame if name == "digits" else pd.read_csv(DATA / f"{name}.csv")


def learn_penguins() -> Plain:
    """Classify the species: gaps, texts, stratified."""
    table = get_table("penguins")
    train, test = train_test_split(table, test_size=0.25, random_state=3, stratify=table["species"])
    numbers = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g", "year"]
    texts = ["island", "sex"]
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
            ("texts", make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder()), texts),
        ]
    )
    return classify(make_pipeline(columns, LogisticRegression(max_iter=1000)), train, test, "species")


def learn_diamonds() -> Plain:
    """Predict the price: texts as numbers, boosted trees."""
    train, test = train_test_split(get_table("diamonds"), test_size=0.2, random_state=11)
    numbers, texts = ["carat", "depth", "table", "x", "y", "z"], ["cut", "color", "clarity"]
    columns = ColumnTransformer([("numbers", "passthrough", numbers), ("texts", OrdinalEncoder(), texts)])
    model = make_pipeline(columns, GradientBoostingRegressor(n_estimators=60, random_state=11))
    return regress(model, train, test, "price")


def learn_weather() -> Plain:
    """Classify the last 292 days by the 1,169 before them."""
    table = get_table("weather").sort_values("date")
    numbers = ["precipitation", "temp_max", "temp_min", "wind"]
    model = RandomForestClassifier(n_estimators=40, min_samples_leaf=2, random_state=5)
    columns = ColumnTransformer([("numbers", SimpleImputer(strategy="median"), numbers)])
    return classify(make_pipeline(columns, model), table.iloc[:-292], table.iloc[-292:], "weather")


def learn_flights() -> Plain:
    """Find the cancelled flights, 56 of 1,993, from October 19 on."""
    table = get_table("flights").sort_values("time_hour", kind="stable")
    train, test = table[table["time_hour"] < "2013-10-19"], table[table["time_hour"] >= "2013-10-19"]
    numbers = ["month", "sched_dep_time", "weekend", "distance", "built", "seats"]
    texts = ["carrier", "origin", "dest"]
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
            ("texts", OneHotEncoder(handle_unknown="ignore", sparse_output=False), texts),
        ]
    )
    model = LogisticRegression(class_weight="balanced", max_iter=2000, C=0.3)
    plain = classify(make_pipeline(columns, model), train, test, "cancelled")
    recall = recall_score(test["cancelled"], plain.predicted, pos_label="yes")
    return Plain(plain.trained_on, plain.rows, plain.predicted, plain.probabilities, {"recall": recall})


def learn_gapminder() -> Plain:
    """Predict life expectancy in countries of which no year was seen."""
    table = get_table("gapminder")
    countries = np.unique(table["country"])
    unseen = countries[np.random.default_rng(2).permutation(len(countries))[:28]]
    is_unseen = table["country"].isin(unseen)
    columns = ColumnTransformer(
        [
            ("numbers", MinMaxScaler(), ["year", "pop", "gdpPercap"]),
            ("texts", OneHotEncoder(sparse_output=False), ["continent"]),
        ]
    )
    model = make_pipeline(columns, Ridge(alpha=0.5, random_state=2))
    return regress(model, table[~is_unseen], table[is_unseen], "lifeExp")


def learn_digits() -> Plain:
    """Tell ten classes apart by 64 numbers."""
    table = get_table("digits")
    train, test = train_test_split(table, test_size=539, random_state=4, stratify=table["target"])
    return classify(ExtraTreesClassifier(n_estimators=40, random_state=4), train, test, "target")


LEARNT: dict[str, Callable[[], Plain]] = {
    "penguins": learn_penguins,
    "diamonds": learn_diamonds,
    "weather": learn_weather,
    "flights": learn_flights,
    "gapminder": learn_gapminder,
    "digits": learn_digits,
}


def classify(model: Any, train: pd.DataFrame, test: pd.DataFrame, target: str) -> Plain:
    """Fit a classifier on the training rows, in the order of the file, and answer the held-out ones."""
    train, test = train.sort_index(), test.sort_index()
    model.fit(train.drop(columns=target), train[target])
    rows, truth = test.drop(columns=target), test[target]
    predicted, probabilities = model.predict(rows), model.predict_proba(rows)
    metrics = {"accuracy": accuracy_score(truth, predicted)}
    if set(truth) == set(model.classes_):
        metrics["logLoss"] = log_loss(truth, probabilities)
    return Plain(len(train), rows, predicted, probabilities, metrics)


def regress(model: Any, train: pd.DataFrame, test: pd.DataFrame, target: str) -> Plain:
    """Fit a regressor on the training rows, in the order of the file, and answer the held-out ones."""
    train, test = train.sort_index(), test.sort_index()
    model.fit(train.drop(columns=target), train[target])
    rows, truth = test.drop(columns=target), test[target]
    predicted = model.predict(rows)
    metrics = {"r2": r2_score(truth, predicted), "mae": mean_absolute_error(truth, predicted)}
    return Plain(len(train), rows, predicted, None, metrics)
