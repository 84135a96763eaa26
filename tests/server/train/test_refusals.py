"""Every way a file or a spec can be wrong is answered with a reason and a sentence that names field or file."""

from pathlib import Path
from typing import Any

import pytest

from model_server.contract.outcome import InputRefused
from tests.server.train.making import LINE, LOGISTIC, make_job, train_rows

Refusal = tuple[str | bytes, dict[str, Any], str, list[str]]

CASES: dict[str, Refusal] = {
    "an empty file": ("", {}, "DataEmpty", ["rows.csv is empty"]),
    "a file of one line break": ("\n", {}, "DataEmpty", ["rows.csv has no header"]),
    "a header without rows": ("x,y\n", {}, "DataEmpty", ["rows.csv", "a header of 2 columns"]),
    "a column named twice": ("x,y,x\n1,2,3\n", {}, "DataUnreadable", ['"x" twice']),
    "a csv that claims to be parquet": (
        LINE,
        {"data": {"format": "parquet"}},
        "DataUnreadable",
        ["rows.csv does not read as parquet", "spec.data.format"],
    ),
    "a damaged parquet file": (b"PAR1junkjunkPAR1", {}, "DataUnreadable", ["parquet"]),
    "another digest": (
        LINE,
        {"data": {"digest": "sha256:" + "0" * 64}},
        "DigestMismatch",
        ["spec.data.digest", "0" * 64, "rows.csv"],
    ),
    "no target column": (
        "a,b\n1,2\n",
        {},
        "TargetMissing",
        ['spec.data.target: column "y" is not in rows.csv (columns: a, b)', "set spec.data.target"],
    ),
    "no feature column": ("y\n1\n2\n", {}, "ColumnMissing", ["no column beside the target"]),
    "a feature that is not there": (
        LINE,
        {"data": {"features": [{"name": "z", "type": "numeric"}]}},
        "ColumnMissing",
        ['spec.data.features: column "z"', "columns: x, y"],
    ),
    "the target as a feature": (
        LINE,
        {"data": {"features": [{"name": "y", "type": "numeric"}]}},
        "InvalidSpec",
        ["spec.data.features", "is the target"],
    ),
    "a feature listed twice": (
        LINE,
        {"data": {"features": [{"name": "x", "type": "numeric"}] * 2}},
        "InvalidSpec",
        ["listed twice"],
    ),
    "text in a numeric column": (
        "x,y\n1,2\n2,3\noops,4\n",
        {"data": {"features": [{"name": "x", "type": "numeric"}]}},
        "WrongType",
        ['column "x" row 3: "oops" is not a number'],
    ),
    "infinity in a numeric column": ("x,y\n1,2\ninf,4\n", {}, "WrongType", ["row 2", "not finite"]),
    "neither true nor false": (
        "x,y\ntrue,2\nmaybe,4\n",
        {"data": {"features": [{"name": "x", "type": "boolean"}]}},
        "WrongType",
        ['row 2: "maybe" is neither true nor false'],
    ),
    "a column named twice below a blank line": ("\n \nx,y,x\n1,2,3\n", {}, "DataUnreadable", ['"x" twice']),
    "an index without a name": (
        ",x,y\n0,1,2\n1,2,4\n",
        {},
        "DataUnreadable",
        ["rows.csv: column 1 has no name", "index=False"],
    ),
    "semicolons": ("x;y\n1;2\n", {}, "DataUnreadable", ["'x;y'", "separate columns by commas"]),
    "blanks around the target": ("x, y\n1,2\n", {}, "TargetMissing", ['the header has " y"', "blanks"]),
    "a column with an endless name": (
        f"{'n' * 129},y\n1,2\n",
        {},
        "InvalidSpec",
        ['rows.csv: column "nnn', "129 characters", "rename it"],
    ),
    "a class with an endless name": (
        f"x,y\n1,a\n2,{'b' * 257}\n",
        {"estimator": LOGISTIC},
        "WrongType",
        ['spec.data.target: column "y" has a class of more than 256 characters'],
    ),
    "one cell that is no number among many": (
        "x,y\n" + "".join(f"{n},{n}\n" for n in range(299)) + "?,1\n",
        {},
        "WrongType",
        [
            'rows.csv: column "x" row 300: "?"',
            "correct it, or declare the column's type in spec.data.features",
        ],
    ),
    "a line of totals": (
        "x,y\n" + "".join(f"{n},{n}\n" for n in range(20)) + "Total,190\n",
        {},
        "WrongType",
        ['column "x" row 21: "Total"', "spec.data.features"],
    ),
    "commas in numbers": (
        "x,y\n" + "".join(f'"{n // 1000},{n % 1000:03}",{n}\n' for n in range(9000, 9020)),
        {},
        "WrongType",
        ['column "x" row 1: "9,000"'],
    ),
    "percent signs": (
        "x,y\n" + "".join(f"{n}.5%,{n}\n" for n in range(20)),
        {},
        "WrongType",
        ['column "x" row 1: "0.5%"'],
    ),
    "days": (
        "x,y\n" + "".join(f"2026-01-{n:02},{n}\n" for n in range(1, 20)),
        {},
        "WrongType",
        ['column "x" holds times', "spec.data.split.timeColumn"],
    ),
    "a column without values": ("x,z,y\n1,,2\n2,,4\n", {}, "WrongType", ['column "z" has no values']),
    "text as the target of a regressor": ("x,y\n1,a\n2,b\n", {}, "WrongType", ['column "y" row 1']),
    "fractions as the target of a classifier": (
        "x,y\n1,0\n2,0.5\n",
        {"estimator": LOGISTIC},
        "WrongType",
        ["row 2 is 0.5", "use a regressor"],
    ),
    "a target that does not vary": (
        "x,y\n1,1\n2,1\n3,1\n",
        {"estimator": LOGISTIC},
        "TrainingFailed",
        ["spec.data.target", '"y" is 1 in all 3 rows', "two classes"],
    ),
    "too many classes": (
        "x,y\n" + "".join(f"{row},{row}\n" for row in range(300)),
        {"estimator": LOGISTIC},
        "TrainingFailed",
        ["300 different values"],
    ),
    "a missing target that may not be dropped": (
        "x,y\n1,2\n2,\n",
        {"cleaning": {"dropMissingTarget": False}},
        "TargetMissing",
        ["in 1 rows", "first: row 2", "spec.cleaning.dropMissingTarget"],
    ),
    "cleaning that drops every row": (
        "x,y\n,2\n,4\n1,\n",
        {"cleaning": {"dropMissingRows": True}},
        "DataEmpty",
        ["dropMissingTarget: 1", "dropMissingRows: 2"],
    ),
    "one row": ("x,y\n1,2\n", {}, "DataEmpty", ["one row cannot be split", "testPercent: 0"]),
    "missing values nobody imputes": (
        "x,y\n1,2\n,4\n3,6\n",
        {"preprocessing": {"numeric": {"impute": "None"}}, "data": {"split": {"testPercent": 0}}},
        "TrainingFailed",
        ["missing values", "spec.preprocessing.numeric.impute"],
    ),
    "missing values among the held-out rows only": (
        "x,y\n1,2\n2,4\n3,6\n4,8\n,10\n",
        {
            "preprocessing": {"numeric": {"impute": "None"}},
            "data": {
                "features": [{"name": "x", "type": "numeric"}],
                "split": {"method": "Time", "timeColumn": "y"},
            },
        },
        "TrainingFailed",
        ["missing values", "spec.preprocessing.numeric.impute"],
    ),
    "a gate without rows to judge by": (
        LINE,
        {
            "data": {"split": {"testPercent": 0}},
            "evaluation": {"gates": [{"name": "fits", "metric": "rmse", "max": "1"}]},
        },
        "InvalidSpec",
        ['spec.evaluation.gates "fits"', "spec.data.split.testPercent"],
    ),
    "an estimator off the list": (
        LINE,
        {"estimator": {"class": "sklearn.linear_model.LinearRegresion"}},
        "EstimatorNotAllowed",
        ["spec.estimator.class", "near: sklearn.linear_model.LinearRegression"],
    ),
    "a class that runs code": (
        LINE,
        {"estimator": {"class": "sklearn.preprocessing.FunctionTransformer"}},
        "EstimatorNotAllowed",
        ["not on the list"],
    ),
    "a parameter nobody knows": (
        LINE,
        {"estimator": {"class": "sklearn.linear_model.Ridge", "params": {"alpah": "1"}}},
        "InvalidSpec",
        ["spec.estimator.params.alpah", "use alpha"],
    ),
    "a parameter that is a fraction": (
        LINE,
        {"estimator": {"class": "sklearn.linear_model.Ridge", "params": {"alpha": 0.5}}},
        "InvalidSpec",
        ["spec.estimator.params.alpha", "'0.5'"],
    ),
    "a parameter with a wrong value": (
        LINE,
        {"estimator": {"class": "sklearn.linear_model.Ridge", "params": {"alpha": "much"}}},
        "InvalidSpec",
        ["spec.estimator.params.alpha", "much"],
    ),
    "more columns to keep than there are": (
        LINE,
        {"preprocessing": {"select": {"k": 5}}},
        "InvalidSpec",
        ["spec.preprocessing.select.k", "5 is more than the 1"],
    ),
    "more components than columns": (
        LINE,
        {"preprocessing": {"pca": {"components": 5}}},
        "InvalidSpec",
        ["spec.preprocessing.pca.components"],
    ),
    "clipping from above to below": (
        LINE,
        {"cleaning": {"clipOutliers": {"lowerQuantile": "0.9", "upperQuantile": "0.1"}}},
        "InvalidSpec",
        ["spec.cleaning.clipOutliers", "below upperQuantile"],
    ),
    "a gate on a metric of the other kind": (
        LINE,
        {"evaluation": {"gates": [{"name": "auc", "metric": "rocAuc", "min": "0.7"}]}},
        "InvalidSpec",
        ['spec.evaluation.gates "auc"', "a regressor has no metric rocAuc", "r2"],
    ),
    "a gate without bounds": (
        LINE,
        {"evaluation": {"gates": [{"name": "fit", "metric": "r2"}]}},
        "InvalidSpec",
        ["set min, max or both"],
    ),
    "a split by time without a column": (
        LINE,
        {"data": {"split": {"method": "Time"}}},
        "InvalidSpec",
        ["spec.data.split.timeColumn"],
    ),
    "a time column that is not there": (
        LINE,
        {"data": {"split": {"method": "Time", "timeColumn": "when"}}},
        "ColumnMissing",
        ['"when" is not in rows.csv'],
    ),
    "a time that is none": (
        "x,when,y\n1,2024-01-01,2\n2,soon,4\n",
        {"data": {"split": {"method": "Time", "timeColumn": "when"}}},
        "WrongType",
        ['column "when" row 2: "soon" is not a time'],
    ),
    "one moment for all rows": (
        "x,when,y\n1,5,2\n2,5,4\n",
        {"data": {"split": {"method": "Time", "timeColumn": "when"}}},
        "InvalidSpec",
        ["is the same in all rows"],
    ),
    "classes too rare to stratify": (
        "x,y\n1,0\n2,0\n3,0\n4,1\n",
        {"data": {"split": {"method": "Stratified"}}, "estimator": LOGISTIC},
        "InvalidSpec",
        ["spec.data.split.method", "class 1 has one row", "use Random"],
    ),
    "an expectation of a column that is not there": (
        LINE,
        {"data": {"expectations": [{"name": "known", "check": "NonNull", "column": "z"}]}},
        "ColumnMissing",
        ['spec.data.expectations "known": column "z"'],
    ),
}


@pytest.mark.parametrize(("rows", "spec", "reason", "words"), CASES.values(), ids=CASES)
def test_bad_input(
    rows: str | bytes, spec: dict[str, Any], reason: str, words: list[str], tmp_path: Path
) -> None:
    with pytest.raises(InputRefused) as refused:
        train_rows(tmp_path, rows, make_job(**spec))
    assert refused.value.reason == reason
    assert [word for word in words if word not in refused.value.message] == []
