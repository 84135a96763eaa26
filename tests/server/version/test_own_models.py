"""Models that were trained elsewhere answer as they did there, or are refused with what to change."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from model_server.contract.outcome import InputRefused
from model_server.contract.signature import Column, Output, Signature
from model_server.rows.convert import matrix_of
from model_server.rows.table import Table
from model_server.version.load import load, read_manifest
from tests.server import models

FRAME = pd.DataFrame(
    {
        "income": [10.0, 20.0, 80.0, 90.0, 70.0, 15.0],
        "home": ["rent", "rent", "own", "own", "own", "rent"],
        "age": [20.0, 30.0, 50.0, 45.0, 60.0, 22.0],
    }
)
NUMBERS = FRAME[["income", "age"]]
ANSWERS = ["yes", "yes", "no", "no", "no", "yes"]
TRUTHS = [True, True, False, False, False, True]

INCOME, AGE = Column("income", "numeric"), Column("age", "numeric")
HOME = Column("home", "categorical", ("own", "rent"))
SAID = Output("prediction", "categorical", ("no", "yes"))


def loan_signature(*inputs: Column, classes: tuple[str, ...] = ("no", "yes")) -> Signature:
    """Return the signature of a classifier of these columns."""
    return Signature(inputs or (INCOME, HOME, AGE), (Output("prediction", "categorical", classes),))


def by_name(encoder: Any = None, home: Any = ("home",)) -> Any:
    """Return a pipeline that chooses its columns by name, as most are written."""
    encode = encoder or OneHotEncoder(handle_unknown="ignore")
    columns = make_column_transformer((StandardScaler(), ["age", "income"]), (encode, list(home)))
    return make_pipeline(columns, LogisticRegression())


def nested() -> Any:
    """Return a pipeline whose second chooser sees the first one's names."""
    first = ColumnTransformer(
        [("numbers", StandardScaler(), ["age", "income"]), ("home", "passthrough", ["home"])],
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    second = make_column_transformer((OneHotEncoder(), ["home"]), (StandardScaler(), ["income"]))
    return make_pipeline(first, second, RandomForestClassifier(5, random_state=0))


@dataclass(frozen=True)
class Elsewhere:
    """A model fitted elsewhere: by which estimator, on which rows and answers, written down how."""

    make: Callable[[], Any]
    rows: Any
    answers: Any
    signature: Signature


SERVED: dict[str, Elsewhere] = {
    "columns chosen by name": Elsewhere(by_name, FRAME, ANSWERS, loan_signature()),
    "columns chosen by name, twice": Elsewhere(nested, FRAME, ANSWERS, loan_signature()),
    "a frame of numbers": Elsewhere(LogisticRegression, NUMBERS, ANSWERS, loan_signature(INCOME, AGE)),
    "an encoder that refuses other categories": Elsewhere(
        lambda: by_name(OneHotEncoder()), FRAME, ANSWERS, loan_signature()
    ),
    "classes that are true and false": Elsewhere(
        LogisticRegression, NUMBERS, TRUTHS, loan_signature(INCOME, AGE, classes=("false", "true"))
    ),
    "classes that are whole floats": Elsewhere(
        LogisticRegression,
        NUMBERS,
        [0.0, 0.0, 1.0, 1.0, 1.0, 0.0],
        loan_signature(INCOME, AGE, classes=("0", "1")),
    ),
    "a frame that is made inside": Elsewhere(
        lambda: make_pipeline(StandardScaler().set_output(transform="pandas"), LogisticRegression()),
        NUMBERS,
        ANSWERS,
        loan_signature(INCOME, AGE),
    ),
}


def written(directory: Path, case: Elsewhere) -> Any:
    """Write a fitted model with its version, and return the model."""
    model = case.make().fit(case.rows, case.answers)
    models.write_version(directory, "loan", model, msgspec.to_builtins(case.signature))
    return model


@pytest.mark.parametrize("case", SERVED)
def test_a_model_answers_rows_as_it_answered_its_frame(case: str, tmp_path: Path) -> None:
    elsewhere = SERVED[case]
    model = written(tmp_path, elsewhere)
    loaded = load(read_manifest(tmp_path / "modelversion.json"))
    rows = elsewhere.rows.to_numpy(dtype=object).tolist()
    table = Table("rows", len(elsewhere.signature.inputs), [value for row in rows for value in row])
    prediction = loaded.engine.predict(matrix_of(elsewhere.signature, table))
    assert prediction.values.tolist() == model.predict(elsewhere.rows).tolist()
    assert prediction.probabilities is not None
    # Sums of a frame's columns are made in another order than those of rows.
    wanted = model.predict_proba(elsewhere.rows)
    assert np.allclose(prediction.probabilities, wanted, rtol=0, atol=1e-12)


def without_numbers() -> Any:
    """Return a line whose slope gets lost."""
    model = LinearRegression().fit(NUMBERS, [1.0] * 6)
    model.coef_ = np.full(2, np.nan)
    return model


class Fitted:
    """A model that needs no more fitting."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def fit(self, _: Any, __: Any) -> Any:
        """Return the model as it is."""
        return self.model


LINE = Signature((INCOME, AGE))
REFUSED: dict[str, tuple[Elsewhere, str]] = {
    "columns in another order than the frame's": (
        Elsewhere(LogisticRegression, NUMBERS, ANSWERS, loan_signature(AGE, INCOME)),
        "fitted on the columns income, age; list these, in this order",
    ),
    "columns by name in another order": (
        Elsewhere(by_name, FRAME, ANSWERS, loan_signature(HOME, INCOME, AGE)),
        "fitted on the columns income, home, age",
    ),
    "classes in another order": (
        Elsewhere(LogisticRegression, NUMBERS, ANSWERS, loan_signature(INCOME, AGE, classes=("yes", "no"))),
        "the model has no, yes; list these, in this order",
    ),
    "classes of other texts": (
        Elsewhere(LogisticRegression, NUMBERS, ANSWERS, loan_signature(INCOME, AGE, classes=("0", "1"))),
        "the model has no, yes",
    ),
    "truths that are written as Python does": (
        Elsewhere(
            LogisticRegression, NUMBERS, TRUTHS, loan_signature(INCOME, AGE, classes=("False", "True"))
        ),
        "the model has false, true",
    ),
    "null where the model takes none": (
        Elsewhere(
            LogisticRegression,
            NUMBERS,
            ANSWERS,
            loan_signature(INCOME, Column("age", "numeric", nullable=True)),
        ),
        "does not answer a row with null (ValueError: Input X contains NaN",
    ),
    "a category that the encoder refuses": (
        Elsewhere(
            lambda: by_name(OneHotEncoder()),
            FRAME,
            ANSWERS,
            loan_signature(INCOME, Column("home", "categorical", ("own", "boat")), AGE),
        ),
        "does not answer an ordinary row of these columns (ValueError: Found unknown categories ['boat']",
    ),
    "more neighbours than rows": (
        Elsewhere(lambda: KNeighborsClassifier(50), NUMBERS, ANSWERS, loan_signature(INCOME, AGE)),
        "Expected n_neighbors <= n_samples_fit",
    ),
    "several numbers for a row": (
        Elsewhere(LinearRegression, NUMBERS, np.ones((6, 2)), LINE),
        "a table of shape (1, 2), not with one value each; fit it on a target of one dimension",
    ),
    "a slope that is no number": (
        Elsewhere(lambda: Fitted(without_numbers()), NUMBERS, ANSWERS, LINE),
        "no finite answer",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_model_that_would_answer_wrongly_is_refused(case: str, tmp_path: Path) -> None:
    elsewhere, words = REFUSED[case]
    written(tmp_path, elsewhere)
    with pytest.raises(InputRefused) as refused:
        load(read_manifest(tmp_path / "modelversion.json"))
    assert refused.value.reason == "SignatureMismatch"
    assert words in refused.value.message
