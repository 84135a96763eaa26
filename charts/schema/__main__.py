"""``python -m charts.schema`` writes the chart's generated files; ``--check`` only compares."""

import argparse
import sys
from pathlib import Path

from charts.schema.render import make_schema, make_table, make_values_yaml, put_between

CHART = Path(__file__).parents[1] / "leeway"
BEGIN = "<!-- values: made by python -m charts.schema -->"
END = "<!-- end of values -->"


def make_files() -> dict[Path, str]:
    """Return what every generated file has to hold."""
    readme = CHART / "README.md"
    return {
        CHART / "values.yaml": make_values_yaml(),
        CHART / "values.schema.json": make_schema(),
        readme: put_between(readme.read_text(), BEGIN, END, make_table()),
    }


def list_stale() -> list[Path]:
    """Return the files that are not what the model makes."""
    return [path for path, text in make_files().items() if not path.exists() or path.read_text() != text]


def main() -> int:
    """Write the stale files; with --check, name them and fail instead."""
    parser = argparse.ArgumentParser(prog="python -m charts.schema", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if a file is stale, and write nothing")
    stale, files = list_stale(), make_files()
    if parser.parse_args().check:
        for path in stale:
            sys.stderr.write(f"{path} is stale: run python -m charts.schema\n")
        return 1 if stale else 0
    for path in stale:
        path.write_text(files[path])
        sys.stdout.write(f"wrote {path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
