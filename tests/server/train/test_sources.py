"""A uri that cannot be read is named with its field and what to use instead."""

from pathlib import Path

import pytest

from model_server.contract.outcome import InputRefused
from model_server.train.run import Order, train
from model_server.train.stages import Lines
from tests.server.train.making import make_job

SOURCES = {
    "a bundled set that is none": ("builtin://titanic", "DataNotFound", ["builtin://titanic", "iris"]),
    "a file that is not there": ("/nowhere/rows.csv", "DataNotFound", ["spec.data.uri: /nowhere/rows.csv"]),
    "a config map on a laptop": ("configmap://points/rows.csv", "InvalidSpec", ["--data FILE"]),
    "a claim on a laptop": ("pvc://claim/rows.csv", "InvalidSpec", ["spec.data.uri: pvc://claim/rows.csv"]),
    "a scheme nobody knows": ("ftp://host/rows.csv", "InvalidSpec", ["spec.data.uri: ftp://host", "s3://"]),
}


@pytest.mark.parametrize(("uri", "reason", "words"), SOURCES.values(), ids=SOURCES)
def test_bad_source(uri: str, reason: str, words: list[str], tmp_path: Path) -> None:
    with pytest.raises(InputRefused) as refused, (tmp_path / "log").open("w") as log:
        train(Order(make_job(data={"uri": uri}), tmp_path / "out"), Lines(log))
    assert refused.value.reason == reason
    assert [word for word in words if word not in refused.value.message] == []
