"""Which engine answers is decided by the files of a version, and no file is fetched that it does not read."""

from pathlib import Path

from model_server.contract.signature import Column, Signature
from model_server.engines.choose import MODEL, choose
from model_server.engines.sklearn import SklearnEngine
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
