"""Write configmap.yaml: 3,600 of the 50,000 rows of the synthetic car-loan data that come with nannyml.

    pip download --no-deps nannyml==0.13.1
    python examples/s3-car-loan/make_sample.py nannyml-0.13.1-py3-none-any.whl

Only the standard library is needed; the wheel is read, not installed. The same wheel gives the same file.
"""

import csv
import io
import random
import sys
import zipfile
from pathlib import Path

MEMBER = "nannyml/datasets/data/synthetic_car_loan_reference.csv"
ROWS = 3600  # with the indentation of YAML still below the 256 KiB that `kubectl apply` can remember
SEED = 20180101

HEADER = """\
# Synthetic car loans: {rows} rows sampled by make_sample.py from nannyml 0.13.1, Apache-2.0; see README.md.
apiVersion: v1
kind: ConfigMap
metadata:
  name: car-loans
data:
  car-loans.csv: |
"""


def main() -> None:
    """Write the manifest beside this script from the wheel named on the command line."""
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        rows = list(csv.DictReader(io.TextIOWrapper(wheel.open(MEMBER), encoding="utf-8", newline="")))
    chosen = sorted(random.Random(SEED).sample(range(len(rows)), ROWS))  # noqa: S311  a sample, not a secret
    lines = [",".join(COLUMNS), *(line(rows[place]) for place in chosen)]
    manifest = HEADER.format(rows=ROWS) + "".join(f"    {one}\n" for one in lines)
    Path(__file__).with_name("configmap.yaml").write_text(manifest, encoding="utf-8")


def line(row: dict[str, str]) -> str:
    """Return the row as csv; the long fractions are cut to four digits."""
    return ",".join(short(row[column]) for column in COLUMNS)


def short(text: str) -> str:
    """Return a number with at most four decimals, and any other text as it is."""
    try:
        number = float(text)
    except ValueError:
        return text
    return f"{number:.4f}".rstrip("0").rstrip(".")


COLUMNS = (
    "id",
    "car_value",
    "salary_range",
    "debt_to_income_ratio",
    "loan_length",
    "repaid_loan_on_prev_car",
    "size_of_downpayment",
    "driver_tenure",
    "repaid",
)

if __name__ == "__main__":
    main()
