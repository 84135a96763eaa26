"""The one list of what a model file may hold. Everything else is refused before anything of it is built.

skops trusts every estimator of scikit-learn by itself, among them some that read files or crash on odd tables;
so its own list does not count here. An addition is a decision about what may run in a serving pod.
"""

from collections.abc import Iterator
from typing import Any

from model_server.contract import reasons
from model_server.contract.outcome import InputRefused

# How the names below are written into a file; older ones hide the names of functions elsewhere.
PROTOCOL = 2

# How a part is built, its module, and the names there: the estimators and steps of the trainer, common ones
# that compute with arrays alone, and what they are made of. A test fits each of them.
ALLOWED: dict[str, dict[str, tuple[str, ...]]] = {
    "DTypeNode": {
        "numpy": ("dtype",),
    },
    "DictNode": {
        "builtins": ("dict",),
        "sklearn.utils._bunch": ("Bunch",),
    },
    "FunctionNode": {
        # Histogram boosting has it look at the numbers of rows with categories.
        "sklearn.utils.validation": ("check_array",),
        "sklearn.feature_selection._univariate_selection": ("f_classif", "f_regression"),
    },
    "JsonNode": {
        "builtins": ("str",),
    },
    "ListNode": {
        "builtins": ("list",),
    },
    "LossNode": {
        "sklearn._loss._loss": (
            "CyAbsoluteError",
            "CyExponentialLoss",
            "CyHalfBinomialLoss",
            "CyHalfGammaLoss",
            "CyHalfMultinomialLoss",
            "CyHalfPoissonLoss",
            "CyHalfSquaredError",
            "CyHalfTweedieLoss",
            "CyHalfTweedieLossIdentity",
            "CyHuberLoss",
            "CyPinballLoss",
        ),
        "sklearn.linear_model._sgd_fast": (
            "EpsilonInsensitive",
            "Hinge",
            "ModifiedHuber",
            "SquaredEpsilonInsensitive",
            "SquaredHinge",
        ),
    },
    "NdArrayNode": {
        "numpy": ("bool", "float32", "float64", "int32", "int64", "ndarray", "str_", "uint64"),
    },
    "ObjectNode": {
        "sklearn._loss.link": (
            "HalfLogitLink",
            "IdentityLink",
            "Interval",
            "LogLink",
            "LogitLink",
            "MultinomialLogit",
        ),
        "sklearn._loss.loss": (
            "AbsoluteError",
            "ExponentialLoss",
            "HalfBinomialLoss",
            "HalfGammaLoss",
            "HalfMultinomialLoss",
            "HalfPoissonLoss",
            "HalfSquaredError",
            "HalfTweedieLoss",
            "HalfTweedieLossIdentity",
            "HuberLoss",
            "PinballLoss",
        ),
        "sklearn.calibration": ("CalibratedClassifierCV", "_CalibratedClassifier", "_SigmoidCalibration"),
        "sklearn.compose._column_transformer": ("ColumnTransformer",),
        "sklearn.compose._target": ("TransformedTargetRegressor",),
        "sklearn.decomposition._pca": ("PCA",),
        "sklearn.decomposition._truncated_svd": ("TruncatedSVD",),
        "sklearn.discriminant_analysis": ("LinearDiscriminantAnalysis", "QuadraticDiscriminantAnalysis"),
        "sklearn.dummy": ("DummyClassifier", "DummyRegressor"),
        "sklearn.ensemble._bagging": ("BaggingClassifier", "BaggingRegressor"),
        "sklearn.ensemble._forest": (
            "ExtraTreesClassifier",
            "ExtraTreesRegressor",
            "RandomForestClassifier",
            "RandomForestRegressor",
        ),
        "sklearn.ensemble._gb": ("GradientBoostingClassifier", "GradientBoostingRegressor"),
        "sklearn.ensemble._hist_gradient_boosting.binning": ("_BinMapper",),
        "sklearn.ensemble._hist_gradient_boosting.gradient_boosting": (
            "HistGradientBoostingClassifier",
            "HistGradientBoostingRegressor",
        ),
        "sklearn.ensemble._hist_gradient_boosting.predictor": ("TreePredictor",),
        "sklearn.ensemble._iforest": ("IsolationForest",),
        "sklearn.ensemble._stacking": ("StackingClassifier", "StackingRegressor"),
        "sklearn.ensemble._voting": ("VotingClassifier", "VotingRegressor"),
        "sklearn.ensemble._weight_boosting": ("AdaBoostClassifier", "AdaBoostRegressor"),
        "sklearn.feature_selection._univariate_selection": ("SelectKBest",),
        "sklearn.feature_selection._variance_threshold": ("VarianceThreshold",),
        "sklearn.impute._base": ("MissingIndicator", "SimpleImputer"),
        "sklearn.isotonic": ("IsotonicRegression",),
        "sklearn.linear_model._base": ("LinearRegression",),
        "sklearn.linear_model._bayes": ("ARDRegression", "BayesianRidge"),
        "sklearn.linear_model._coordinate_descent": ("ElasticNet", "ElasticNetCV", "Lasso", "LassoCV"),
        "sklearn.linear_model._glm.glm": ("GammaRegressor", "PoissonRegressor", "TweedieRegressor"),
        "sklearn.linear_model._huber": ("HuberRegressor",),
        "sklearn.linear_model._least_angle": ("Lars", "LassoLars"),
        "sklearn.linear_model._logistic": ("LogisticRegression", "LogisticRegressionCV"),
        "sklearn.linear_model._omp": ("OrthogonalMatchingPursuit",),
        "sklearn.linear_model._perceptron": ("Perceptron",),
        "sklearn.linear_model._quantile": ("QuantileRegressor",),
        "sklearn.linear_model._ridge": ("Ridge", "RidgeCV", "RidgeClassifier"),
        "sklearn.linear_model._stochastic_gradient": ("SGDClassifier", "SGDRegressor"),
        "sklearn.linear_model._theil_sen": ("TheilSenRegressor",),
        "sklearn.metrics._dist_metrics": (
            "ChebyshevDistance64",
            "EuclideanDistance64",
            "ManhattanDistance64",
            "MinkowskiDistance64",
        ),
        "sklearn.naive_bayes": ("BernoulliNB", "ComplementNB", "GaussianNB", "MultinomialNB"),
        "sklearn.neighbors._ball_tree": ("BallTree",),
        "sklearn.neighbors._classification": ("KNeighborsClassifier",),
        "sklearn.neighbors._kd_tree": ("KDTree",),
        "sklearn.neighbors._regression": ("KNeighborsRegressor",),
        "sklearn.neural_network._multilayer_perceptron": ("MLPClassifier", "MLPRegressor"),
        "sklearn.neural_network._stochastic_optimizers": ("AdamOptimizer", "SGDOptimizer"),
        "sklearn.pipeline": ("FeatureUnion", "Pipeline"),
        "sklearn.preprocessing._data": (
            "MaxAbsScaler",
            "MinMaxScaler",
            "PowerTransformer",
            "QuantileTransformer",
            "RobustScaler",
            "StandardScaler",
        ),
        "sklearn.preprocessing._discretization": ("KBinsDiscretizer",),
        "sklearn.preprocessing._encoders": ("OneHotEncoder", "OrdinalEncoder"),
        # Of a remainder that is passed through; what it might call is a function, which is not on this list.
        "sklearn.preprocessing._function_transformer": ("FunctionTransformer",),
        "sklearn.preprocessing._label": ("LabelBinarizer", "LabelEncoder"),
        "sklearn.preprocessing._polynomial": ("PolynomialFeatures",),
        "sklearn.preprocessing._target_encoder": ("TargetEncoder",),
        "sklearn.svm._classes": ("LinearSVC", "LinearSVR", "NuSVC", "NuSVR", "SVC", "SVR"),
        "sklearn.tree._classes": (
            "DecisionTreeClassifier",
            "DecisionTreeRegressor",
            "ExtraTreeClassifier",
            "ExtraTreeRegressor",
        ),
    },
    # Of functions on this list, or of nothing: what is called without being here cannot be built.
    "PartialNode": {
        "functools": ("partial",),
    },
    "RandomGeneratorNode": {
        "numpy.random._generator": ("Generator",),
    },
    "RandomStateNode": {
        "numpy.random.mtrand": ("RandomState",),
    },
    "SliceNode": {
        "builtins": ("slice",),
    },
    "TreeNode": {
        "sklearn.tree._tree": ("Tree",),
    },
    "TupleNode": {
        "builtins": ("tuple",),
    },
    "TypeNode": {
        "builtins": ("int", "str"),
        "numpy": ("float64", "int64", "str_"),
    },
}


def refuse_unlisted(schema: Any) -> None:
    """Raise `InputRefused` (UnsafeArtifact) naming the parts of a skops schema that are not on the list."""
    if not isinstance(schema, dict) or schema.get("protocol") != PROTOCOL:
        raise InputRefused(
            reasons.UNSAFE_ARTIFACT,
            f"the model is not written in protocol {PROTOCOL} of skops; train it again",
        )
    unknown = sorted({name_of(part) for part in nodes(schema) if not is_listed(part)})
    if unknown:
        raise InputRefused(
            reasons.UNSAFE_ARTIFACT,
            f"the model contains {', '.join(unknown)[:500]}, which is not on the list of allowed types; "
            "train it with estimators of the list",
        )


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in the schema that says how it is built, at any depth."""
    waiting = [schema]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if not MARKS.isdisjoint(one):
                yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


MARKS = frozenset({"__class__", "__module__", "__loader__"})


def is_listed(part: dict[str, Any]) -> bool:
    """Return whether loader, module and class are together on the list."""
    loader, module, name = (str(part.get(mark)) for mark in ("__loader__", "__module__", "__class__"))
    return name in ALLOWED.get(loader, {}).get(module, ())


def name_of(part: dict[str, Any]) -> str:
    """Return the full name of the part's class."""
    return f"{part.get('__module__')}.{part.get('__class__')}"


TYPES = tuple(
    sorted(
        {
            f"{module}.{name}"
            for kinds in ALLOWED.values()
            for module, names in kinds.items()
            for name in names
        }
    )
)
