"""The verifier looks at every file of a version, also at the one that no server reads."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from model_server.contract.outcome import INPUT_REFUSED_EXIT
from model_server.version.verify import verify
from tests.server import models

CARDS: dict[str, tuple[str, int]] = {
    "as recorded": ("# A model", 0),
    "changed since": ("# A better model", INPUT_REFUSED_EXIT),
}


@pytest.mark.parametrize(("card", "code"), CARDS.values(), ids=list(CARDS))
def test_a_card(card: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded = models.write_beside(tmp_path, "model-card.md", "# A model")
    signature: dict[str, Any] = msgspec.to_builtins(models.LINE)
    models.write_version(tmp_path, "line", models.make_line_model(), signature, files={"card": recorded})
    models.write_beside(tmp_path, "model-card.md", card)
    assert verify(tmp_path / "modelversion.json") == code
    told = json.loads(capsys.readouterr().out)
    assert (told["outcome"] == "Succeeded") == (code == 0)
    assert code == 0 or told["message"].startswith("spec.files.card.digest: ")


GOLDEN_ROWS: dict[str, tuple[dict[str, Any] | None, int, str]] = {
    "some": ({"rows": [[3]], "predictions": [6]}, 1, "answers 1 golden rows as written"),
    "an empty list": ({"rows": [], "predictions": []}, 0, "0 golden rows; add files.golden"),
    "none": (None, 0, "0 golden rows; add files.golden"),
}


@pytest.mark.parametrize(("golden", "count", "words"), GOLDEN_ROWS.values(), ids=list(GOLDEN_ROWS))
def test_golden_rows_are_told(
    golden: dict[str, Any] | None,
    count: int,
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = {"golden": models.write_beside(tmp_path, "golden.json", golden)} if golden else {}
    signature: dict[str, Any] = msgspec.to_builtins(models.LINE)
    models.write_version(tmp_path, "line", models.make_line_model(), signature, files=files)
    assert verify(tmp_path / "modelversion.json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["goldenRows"] == count
    assert words in told["message"]
