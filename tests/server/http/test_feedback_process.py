"""A pod that is to take feedback starts with its key, or says what it lacks."""

import json
from pathlib import Path

from model_server.http.readiness import Readiness
from tests.server.http.test_process import running, serve
from tests.server.listening import Client


async def test_a_pod_takes_the_key_from_its_folder(versions: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"k" * 32)
    async with running(*serve(versions["point"]), LEEWAY_FEEDBACK_ROOT=str(tmp_path)) as server:
        client = Client((await server.logged("listening"))["port"], Readiness())
        await server.logged("serving")
        body = json.dumps({"features": [1, 1]}).encode()
        answer = await client.request("POST", "/predict", body, leeway_feedback="tokens")
        told = {"feedback": [{"token": answer.json["feedback_token"], "label": answer.json["prediction"]}]}
        assert (await client.post("/v1/models/point:feedback", told)).json["counted"] == 1


async def test_a_pod_without_the_key_ends_with_the_reason(versions: dict[str, Path], tmp_path: Path) -> None:
    termination = tmp_path / "termination-log"
    termination.touch()
    async with running(
        *serve(versions["point"]),
        LEEWAY_FEEDBACK_ROOT=str(tmp_path / "absent"),
        LEEWAY_TERMINATION_LOG=str(termination),
    ) as server:
        assert await server.finished() == 75
    outcome = json.loads(termination.read_text())
    assert outcome["reason"] == "ConfigurationMissing"
    assert outcome["message"].startswith("spec.feedback.secretName: the Secret does not exist")
