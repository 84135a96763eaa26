"""Write the files of `recorded`: what two versions answer to the same car loans, in order of time.

    python -m model_server train --job examples/s3-car-loan/trainingjob.yaml \
      --data examples/s3-car-loan/configmap.yaml --output build/car-loan-1
    pip download --no-deps nannyml==0.13.1
    python examples/simulate/make_stream.py nannyml-0.13.1-py3-none-any.whl build/car-loan-1

The canary is the same model, which gets the ratio of debt to income in percent.
"""

import csv
import io
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from model_server.engines.engine import Prediction
from model_server.rows.convert import matrix_of
from model_server.rows.table import table_from_list
from model_server.version.load import Loaded, load, read_manifest

FOLDER = "nannyml/datasets/data/synthetic_car_loan_analysis"
ROWS = 3000  # none of them is among those that the version was trained with; they drift from row 25,000 on
LABEL, BROKEN = "repaid", "debt_to_income_ratio"
DIGITS = 4

Row = dict[str, Any]


def main() -> None:
    """Write the three files, from the wheel and the version named on the command line."""
    folder, version = Path(__file__).parent / "recorded", Path(sys.argv[2])
    rows, labels = read_rows(Path(sys.argv[1]), ROWS)
    loaded = load(read_manifest(version / "modelversion.json"), beside=version)
    answers = score(loaded, rows)
    broken = score(loaded, [{**row, BROKEN: 100 * row[BROKEN]} for row in rows])
    shutil.copy(version / "profile.json", folder / "profile.json")
    write(folder / "rows.csv", [*rows[0], *ANSWERS, LABEL], [
        [*row.values(), *answer, label] for row, answer, label in zip(rows, answers, labels, strict=True)
    ])  # fmt: skip
    write(folder / "canary.csv", list(ANSWERS), broken)


def read_rows(path: Path, first: int) -> tuple[list[Row], list[str]]:
    """Return the first loans of the wheel, and whether they were repaid."""
    with zipfile.ZipFile(path) as wheel:
        loans, targets = (
            list(csv.DictReader(io.TextIOWrapper(wheel.open(f"{FOLDER}{part}.csv"), encoding="utf-8")))[
                :first
            ]
            for part in ("", "_target")
        )
    repaid = {target["id"]: target[LABEL] for target in targets}
    return [{name: read(loan[name]) for name, read in COLUMNS.items()} for loan in loans], [
        repaid[loan["id"]] for loan in loans
    ]


def score(loaded: Loaded, rows: list[Row]) -> list[list[Any]]:
    """Return score and decision of each row, as the server answers it."""
    table = table_from_list(loaded.signature, "rows", rows, len(rows))
    answer: Prediction = loaded.engine.predict(matrix_of(loaded.signature, table))
    return [
        [round(score, DIGITS), value]
        for score, value in zip(answer.scores.tolist(), answer.values.tolist(), strict=True)
    ]


def write(path: Path, header: list[str], rows: list[list[Any]]) -> None:
    """Write a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def fraction(text: str) -> float:
    """Return a number of four digits."""
    return round(float(text), DIGITS)


COLUMNS: dict[str, Callable[[str], Any]] = {
    "car_value": fraction,
    "salary_range": str,
    "debt_to_income_ratio": fraction,
    "loan_length": fraction,
    "repaid_loan_on_prev_car": str,
    "size_of_downpayment": str,
    "driver_tenure": fraction,
}
ANSWERS = ("score", "decision")

if __name__ == "__main__":
    main()
