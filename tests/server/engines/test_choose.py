"""Which engine answers is decided by the files of a version, and no file is fetched that it does not read."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor

from model_server.artifact.models.model_file import unpacked_bytes
from model_server.contract.signature import Column, Signature
from model_server.engines.choose import MODEL, choose
from model_server.engines.sklearn import SklearnEngine
from model_server.train.describe.reproducible import archive_of
from tests.server import models


def test_a_model_file_alone_is_answered_by_scikit_learn(versions: dict[str, Path]) -> None:
    opened: list[str] = []

    def content() -> bytes:
        opened.append(MODEL)
        return (versions["point"] / "model.skops").read_bytes()

    def never() -> bytes:
        raise AssertionError("nobody needs this file")

    engine = choose({MODEL: content, "compiled": never}, models.POINT)
    assert isinstance(engine, SklearnEngine)
    assert (opened, engine.classes, engine.width) == ([MODEL], (0, 1), 2)


def test_a_regressor_has_no_classes(versions: dict[str, Path]) -> None:
    path = versions["linear-regression"] / "model.skops"
    engine = choose({MODEL: path.read_bytes}, Signature((Column("x", "numeric"),)))
    assert (engine.classes, engine.width) == ((), 1)


MEASURE = """
import sys
from pathlib import Path
import sklearn.ensemble
from model_server.contract.signature import Column, Signature
from model_server.engines.choose import MODEL, choose

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

signature = Signature(tuple(Column(f"x{place}", "numeric") for place in range(5)))
choose({MODEL: Path(sys.argv[1]).read_bytes}, signature)
before = resident()
engine = choose({MODEL: Path(sys.argv[2]).read_bytes}, signature)
print(resident() - before)
"""


def test_a_forest_takes_little_more_memory_than_its_tables(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(20_000, 5))
    for name, trees in (("small", 1), ("large", 11)):
        forest = ExtraTreesRegressor(trees, random_state=0).fit(rows, rows[:, 0])
        (tmp_path / name).write_bytes(archive_of(forest))
    command = [sys.executable, "-c", MEASURE, str(tmp_path / "small"), str(tmp_path / "large")]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    unpacked = unpacked_bytes((tmp_path / "large").read_bytes())
    assert int(run.stdout) < 1.5 * unpacked
