"""Which estimators may be trained, and how their parameters are read."""

import difflib
import importlib
from typing import Any

import msgspec

from model_server.contract import reasons
from model_server.contract.manifest import Estimator
from model_server.contract.outcome import InputRefused

ALLOWED = {
    "sklearn.discriminant_analysis": ("LinearDiscriminantAnalysis", "QuadraticDiscriminantAnalysis"),
    "sklearn.dummy": ("DummyClassifier", "DummyRegressor"),
    "sklearn.ensemble": (
        "AdaBoostClassifier",
        "AdaBoostRegressor",
        "BaggingClassifier",
        "BaggingRegressor",
        "ExtraTreesClassifier",
        "ExtraTreesRegressor",
        "GradientBoostingClassifier",
        "GradientBoostingRegressor",
        "HistGradientBoostingClassifier",
        "HistGradientBoostingRegressor",
        "RandomForestClassifier",
        "RandomForestRegressor",
    ),
    "sklearn.linear_model": (
        "ARDRegression",
        "BayesianRidge",
        "ElasticNet",
        "ElasticNetCV",
        "GammaRegressor",
        "HuberRegressor",
        "Lars",
        "Lasso",
        "LassoCV",
        "LassoLars",
        "LinearRegression",
        "LogisticRegression",
        "LogisticRegressionCV",
        "OrthogonalMatchingPursuit",
        "Perceptron",
        "PoissonRegressor",
        "QuantileRegressor",
        "Ridge",
        "RidgeCV",
        "RidgeClassifier",
        "SGDClassifier",
        "SGDRegressor",
        "TheilSenRegressor",
        "TweedieRegressor",
    ),
    "sklearn.naive_bayes": ("BernoulliNB", "ComplementNB", "GaussianNB", "MultinomialNB"),
    "sklearn.neighbors": ("KNeighborsClassifier", "KNeighborsRegressor"),
    "sklearn.neural_network": ("MLPClassifier", "MLPRegressor"),
    "sklearn.svm": ("LinearSVC", "LinearSVR", "NuSVC", "NuSVR", "SVC", "SVR"),
    "sklearn.tree": (
        "DecisionTreeClassifier",
        "DecisionTreeRegressor",
        "ExtraTreeClassifier",
        "ExtraTreeRegressor",
    ),
}
ALLOWED_CLASSES = tuple(f"{module}.{name}" for module, names in ALLOWED.items() for name in names)
# Words of Python for what JSON writes otherwise; no parameter takes them as texts.
OF_PYTHON = {"None": "null", "True": "true", "False": "false"}
# Trees that split by categories are refused by the server, which cannot prove their tables sound.
BY_CATEGORY = "categorical_features"
NOT_BY_CATEGORY: tuple[Any, ...] = (None, "from_dtype", [])


def make_estimator(spec: Estimator, seed: int) -> Any:
    """Return the unfitted estimator with the seed as its random state unless the params set another.

    Raises InputRefused (EstimatorNotAllowed, InvalidSpec) naming the field.
    """
    chosen = estimator_class(spec.class_)
    params = {name: parsed(name, value) for name, value in spec.params.items()}
    known = sorted(chosen().get_params())
    for name in params:
        if name not in known:
            raise InputRefused(reasons.INVALID_SPEC, unknown_param(name, spec.class_, known))
    if params.get(BY_CATEGORY) not in NOT_BY_CATEGORY:
        raise InputRefused(reasons.INVALID_SPEC, by_category())
    if "random_state" in known:
        params.setdefault("random_state", seed)
    return chosen(**params)


def estimator_class(path: str) -> Any:
    """Return the class at a path of the allow-list, or raise InputRefused (EstimatorNotAllowed)."""
    if path not in ALLOWED_CLASSES:
        near = difflib.get_close_matches(path, ALLOWED_CLASSES, n=3, cutoff=0.5) or near_by_name(path)
        hint = f"; near: {', '.join(near)}" if near else ""
        raise InputRefused(
            reasons.ESTIMATOR_NOT_ALLOWED,
            f"spec.estimator.class: {path} is not on the list of estimators{hint}",
        )
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def near_by_name(path: str) -> list[str]:
    """Return allowed classes whose last name is alike."""
    names = {one.rpartition(".")[2]: one for one in ALLOWED_CLASSES}
    return [names[name] for name in difflib.get_close_matches(path.rpartition(".")[2], names, n=3)]


def parsed(name: str, given: Any) -> Any:
    """Return a whole number as it is, and of a text the value of its JSON, or itself when it is not JSON.

    Raises InputRefused (InvalidSpec) for other values, which the API server does not let through.

    JSON has no numbers as keys, so keys that are whole numbers become them: class_weight `{"0": 1, "1": 5}`.
    """
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    if not isinstance(given, str):
        written = msgspec.json.encode(given).decode()
        raise InputRefused(
            reasons.INVALID_SPEC,
            f"spec.estimator.params.{name}: only whole numbers are written plainly; write the text '{written}'",
        )
    if given in OF_PYTHON:
        raise InputRefused(
            reasons.INVALID_SPEC,
            f"spec.estimator.params.{name}: {given} is read as JSON; write '{OF_PYTHON[given]}'",
        )
    try:
        value = msgspec.json.decode(given)
    except msgspec.DecodeError:
        return given
    if isinstance(value, dict) and all(key.lstrip("-").isdecimal() for key in value):
        return {int(key): one for key, one in value.items()}
    return value


def by_category() -> str:
    """Return the sentence for trees that are to split by categories."""
    return (
        f"spec.estimator.params.{BY_CATEGORY}: models whose trees split by categories are not served; remove it, and "
        "let spec.preprocessing.categorical.encode make numbers of categories: Ordinal suits trees"
    )


def unknown_param(name: str, path: str, known: list[str]) -> str:
    """Return the sentence for a parameter the class does not have."""
    near = difflib.get_close_matches(name, known, n=3) or known
    return f"spec.estimator.params.{name}: {path} has no such parameter; use {', '.join(near)}"
