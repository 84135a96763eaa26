"""Preprocessing and estimator as one pipeline that reads the signature's matrix, columns by number."""

import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from model_server.contract import reasons
from model_server.contract.manifest import CategoricalSteps, Feature, NumericSteps, Preprocessing
from model_server.contract.outcome import InputRefused, shortened
from model_server.train.fit.refusal import refusals
from model_server.train.prepare.matrices import Prepared

MAX_ENCODED_CATEGORIES = 256  # a column of identifiers must not become a million columns
MAX_WARNING_BYTES = 300
Steps = list[tuple[str, Any]]


def make_pipeline(
    preprocessing: Preprocessing, features: Sequence[Feature], estimator: Any, classifier: bool
) -> Any:
    """Return the unfitted pipeline: columns, selection, components, estimator."""
    from sklearn.pipeline import Pipeline  # noqa: PLC0415  a second of start-up

    steps = column_steps(preprocessing, features)
    steps += selection_steps(preprocessing, classifier)
    return Pipeline([*steps, ("estimator", estimator)])


def column_steps(preprocessing: Preprocessing, features: Sequence[Feature]) -> Steps:
    """Return the steps that make every column a complete number; without categories they need no routing."""
    from sklearn.compose import ColumnTransformer  # noqa: PLC0415  see make_pipeline
    from sklearn.pipeline import Pipeline  # noqa: PLC0415

    numeric = [place for place, feature in enumerate(features) if feature.type != "categorical"]
    categorical = [place for place, feature in enumerate(features) if feature.type == "categorical"]
    if not categorical:
        return numeric_steps(preprocessing.numeric)
    routes = []
    if numeric:
        steps = [("number", to_float()), *numeric_steps(preprocessing.numeric)]
        routes.append(("numeric", Pipeline(steps), numeric))
    routes.append(("categorical", Pipeline(categorical_steps(preprocessing.categorical)), categorical))
    return [("columns", ColumnTransformer(routes, sparse_threshold=0))]


def to_float() -> Any:
    """Return a step that reads numbers out of an object matrix and changes none of them."""
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415  see make_pipeline

    return StandardScaler(with_mean=False, with_std=False)


def numeric_steps(steps: NumericSteps) -> Steps:
    """Return imputing and scaling of numbers."""
    from sklearn import preprocessing  # noqa: PLC0415  see make_pipeline
    from sklearn.impute import SimpleImputer  # noqa: PLC0415

    strategy = {"Mean": "mean", "Median": "median", "MostFrequent": "most_frequent", "Constant": "constant"}
    scaler = {
        "Standard": preprocessing.StandardScaler,
        "MinMax": preprocessing.MinMaxScaler,
        "Robust": preprocessing.RobustScaler,
    }
    made: Steps = []
    if steps.impute != "None":
        # A column that is empty in the training rows stays, or the columns after it would move.
        made.append(("impute", SimpleImputer(strategy=strategy[steps.impute], keep_empty_features=True)))
    if steps.scale != "None":
        made.append(("scale", scaler[steps.scale]()))
    return made


def categorical_steps(steps: CategoricalSteps) -> Steps:
    """Return imputing and encoding of categories; a category unknown to training is no error when serving."""
    from sklearn.impute import SimpleImputer  # noqa: PLC0415  see make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder  # noqa: PLC0415

    strategy = {"MostFrequent": "most_frequent", "Constant": "constant"}
    made: Steps = []
    if steps.impute != "None":
        imputer = SimpleImputer(
            strategy=strategy[steps.impute], fill_value="missing", keep_empty_features=True
        )
        made.append(("impute", imputer))
    if steps.encode == "Ordinal":
        encoder: Any = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    else:
        encoder = OneHotEncoder(
            handle_unknown="infrequent_if_exist", max_categories=MAX_ENCODED_CATEGORIES, sparse_output=False
        )
    return [*made, ("encode", encoder)]


def selection_steps(preprocessing: Preprocessing, classifier: bool) -> Steps:
    """Return selection and principal components of the encoded columns."""
    from sklearn.decomposition import PCA  # noqa: PLC0415  see make_pipeline
    from sklearn.feature_selection import SelectKBest, f_classif, f_regression  # noqa: PLC0415

    made: Steps = []
    if preprocessing.select:
        score = f_classif if classifier else f_regression
        made.append(("select", SelectKBest(score, k=preprocessing.select.k)))
    if preprocessing.pca:
        made.append(("pca", PCA(n_components=preprocessing.pca.components, random_state=0)))
    return made


def fit(pipeline: Any, prepared: Prepared) -> tuple[str, ...]:
    """Fit the pipeline and return what scikit-learn warned of; InputRefused when rows and spec do not fit."""
    with warned() as told, refusals(pipeline, prepared):
        pipeline.fit(prepared.train, prepared.train_target)
    select = pipeline.named_steps.get("select")
    if select is not None and select.k > select.n_features_in_:
        raise InputRefused(reasons.INVALID_SPEC, too_many("select.k", select.k, select.n_features_in_))
    return tuple(told)


@contextmanager
def warned() -> Iterator[list[str]]:
    """Inside the block, collect what libraries warn of, instead of showing it; the list is filled at its end.

    A warning stands in it once, with the number of times it was given.
    """
    told: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield told
    texts = (f"{one.category.__name__}: {' '.join(str(one.message).split())}" for one in caught)
    counts = Counter(shortened(text, MAX_WARNING_BYTES) for text in texts)
    told += [f"{text} ({count} times)" if count > 1 else text for text, count in counts.items()]


def too_many(field: str, wanted: int, found: int) -> str:
    """Return the sentence for more columns wanted than there are."""
    return (
        f"spec.preprocessing.{field}: {wanted} is more than the {found} encoded columns; set at most {found}"
    )


def takes_missing(pipeline: Any, kind: str, preprocessing: Preprocessing) -> bool:
    """Return whether a column of this type may be missing when serving: something imputes or accepts it."""
    from sklearn.utils import get_tags  # noqa: PLC0415  see make_pipeline

    steps = preprocessing.categorical if kind == "categorical" else preprocessing.numeric
    if steps.impute != "None":
        return True
    if kind == "categorical" and preprocessing.categorical.encode == "OneHot":
        return True
    between = preprocessing.select or preprocessing.pca
    return not between and bool(get_tags(pipeline.steps[-1][1]).input_tags.allow_nan)
