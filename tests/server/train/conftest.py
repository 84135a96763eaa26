"""The command `train` and a manifest for it."""

import json
from pathlib import Path
from typing import Any

import pytest

from model_server.train.__main__ import main
from tests.server.train.making import JOB, LINE, LINEAR, Call


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """The command in this process, which is as true and much faster: exit code and log lines."""

    def called(*arguments: Any) -> tuple[int, list[dict[str, Any]]]:
        code = main([str(one) for one in arguments])
        return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return called


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A manifest whose rows lie beside it."""
    (tmp_path / "rows.csv").write_text(LINE)
    path = tmp_path / "job.yaml"
    path.write_text(JOB % (tmp_path / "rows.csv", LINEAR))
    return path
