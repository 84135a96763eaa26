"""The process as a pod runs it: exit codes, termination log, signals."""

import asyncio
import json
import os
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from model_server.http.readiness import Readiness
from tests.server import models
from tests.server.listening import Client, read_answer

REQUEST = b"POST /predict HTTP/1.1\r\ncontent-length: 20\r\n\r\n"
BODY = b'{"features": [1, 1]}'


@dataclass
class Running:
    """A server process and what it has logged."""

    process: Process
    lines: list[dict[str, Any]] = field(default_factory=list)

    async def logged(self, message: str) -> dict[str, Any]:
        """Wait for a log line with this message and return it."""
        assert self.process.stderr
        while line := await asyncio.wait_for(self.process.stderr.readline(), 60):
            self.lines.append(json.loads(line))
            if self.lines[-1]["message"] == message:
                return self.lines[-1]
        raise AssertionError(f"no {message!r} in {self.lines}")

    async def finished(self) -> int:
        """Wait for the end of the process and return its exit code."""
        _, rest = await asyncio.wait_for(self.process.communicate(), 60)
        self.lines += [json.loads(line) for line in rest.splitlines()]
        assert self.process.returncode is not None
        return self.process.returncode


@asynccontextmanager
async def running(*arguments: str, **env: str) -> AsyncIterator[Running]:
    """Run `python -m model_server` with these arguments until the block ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "model_server", *arguments, stdout=PIPE, stderr=PIPE, env=os.environ | env
    )
    try:
        yield Running(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


def serve(directory: Path) -> tuple[str, ...]:
    """Return the arguments that serve a directory on a free port."""
    return ("serve", "--model", str(directory), "--host", "127.0.0.1", "--port", "0")


async def test_sigterm_lets_requests_finish_and_new_ones_know(versions: dict[str, Path]) -> None:
    async with running(*serve(versions["point"]), LEEWAY_DRAIN_SECONDS="1") as server:
        port = (await server.logged("listening"))["port"]
        client = Client(port, Readiness())
        assert (await client.get("/healthz")).status == 200
        serving = await server.logged("serving")
        assert serving["version"] == "point-1"
        assert (await client.get("/readyz")).status == 200

        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(REQUEST + BODY[:5])
        await writer.drain()
        server.process.terminate()
        await server.logged("draining")
        assert (await client.get("/readyz")).status == 503
        assert (await client.post("/predict", {"features": [0, 0]})).json["prediction"] == 0

        writer.write(BODY[5:])
        answer = await read_answer(reader)
        writer.close()
        assert (answer.json["prediction"], answer.headers["connection"]) == (1, "close")
        assert await server.finished() == 0


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_second_port_answers_probes_while_the_drain_lasts(versions: dict[str, Path]) -> None:
    arguments = (*serve(versions["point"]), "--metrics-port", str(free_port()))
    async with running(*arguments, LEEWAY_DRAIN_SECONDS="3600") as server:
        ports = await server.logged("listening")
        await server.logged("serving")
        main, health = (Client(ports[name], Readiness()) for name in ("port", "metrics_port"))
        for path in ("/healthz", "/readyz", "/metrics"):
            assert {(await client.get(path)).status for client in (main, health)} == {200}
        assert (await health.post("/predict", {"features": [0, 0]})).status == 404
        assert (await main.post("/predict", {"features": [0, 0]})).status == 200
        assert b'leeway_model_rows_total{model="point"' in (await health.get("/metrics")).body
        assert b"leeway_model_requests_in_flight" in (await health.get("/metrics")).body
        told = [(await client.get("/metrics")).body for client in (main, health)]
        assert [b"leeway_model_decision_total" in page for page in told] == [False, True]
        assert b"has no reference profile" in (await health.get("/profile")).body
        assert b"there is no /profile here" in (await main.get("/profile")).body
        for client, path in (
            (main, "/predict"),
            (main, "/nowhere"),
            (health, "/readyz"),
            (health, "/predict"),
        ):
            assert (await client.get(path)).headers["leeway-model-version"] == "point-1"

        reader, writer = await asyncio.open_connection("127.0.0.1", health.port)
        server.process.terminate()
        await server.logged("draining")
        assert {(await client.get("/readyz")).status for client in (main, health)} == {503}
        assert (await health.get("/healthz")).status == 200
        server.process.terminate()
        assert await server.finished() == 0
        assert await reader.read() == b""
        writer.close()


async def test_a_second_port_that_is_taken_is_said(versions: dict[str, Path]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with running(*serve(versions["point"]), "--metrics-port", str(port)) as server:
            assert (await server.logged("failing to listen"))["port"] == port
            assert await server.finished() == 3


async def test_a_second_signal_ends_the_drain(versions: dict[str, Path]) -> None:
    async with running(*serve(versions["point"]), LEEWAY_DRAIN_SECONDS="3600") as server:
        await server.logged("serving")
        server.process.terminate()
        await server.logged("draining")
        server.process.terminate()
        assert await server.finished() == 0


async def test_clients_that_never_read_hold_up_no_end(tmp_path: Path) -> None:
    columns = [f"column_{number}" for number in range(3000)]
    model = LinearRegression().fit(np.eye(2, len(columns)), [0.0, 1.0])
    signature = {"inputs": [{"name": name, "type": "numeric"} for name in columns]}
    outputs = {"outputs": [{"name": "prediction", "type": "numeric"}]}
    models.write_version(tmp_path, "wide", model, signature | outputs)
    async with running(*serve(tmp_path), LEEWAY_DRAIN_SECONDS="0") as server:
        port = (await server.logged("listening"))["port"]
        await server.logged("serving")
        clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
        for client in clients:
            client.sendall(b"GET /openapi.json HTTP/1.1\r\n\r\n" * 16)
        # The description is answered to whoever reads, after all those who do not.
        assert (await Client(port, Readiness()).get("/openapi.json")).status == 200
        server.process.terminate()
        assert await server.finished() == 0
        for client in clients:
            client.close()
    assert not [line for line in server.lines if line["level"] in ("warning", "error") or "exception" in line]


async def test_a_version_that_cannot_be_served_ends_the_process_with_its_reason(tmp_path: Path) -> None:
    termination = tmp_path / "termination-log"
    termination.touch()
    manifest = models.write_version(
        tmp_path / "bad", "point", models.make_point_model(), {"inputs": [{"name": "x", "type": "numeric"}]}
    )
    manifest["spec"]["files"]["model"]["digest"] = "sha256:" + "0" * 64
    models.write_manifest(tmp_path / "bad", manifest)
    async with running(*serve(tmp_path / "bad"), LEEWAY_TERMINATION_LOG=str(termination)) as server:
        assert await server.finished() == 65
    outcome = json.loads(termination.read_text())
    assert (outcome["outcome"], outcome["reason"]) == ("Failed", "DigestMismatch")
    assert "model.skops" in outcome["message"]


async def test_no_body_is_ever_logged(versions: dict[str, Path]) -> None:
    secret = "4929-1234-5678"
    async with running(
        *serve(versions["loan-default"]), LEEWAY_LOG_LEVEL="Debug", LEEWAY_DRAIN_SECONDS="0"
    ) as server:
        client = Client((await server.logged("listening"))["port"], Readiness())
        await server.logged("serving")
        answers = [
            await client.post(f"/predict?card={secret}", {"features": [secret, 1, secret, True]}),
            await client.post(f"/predict?card={secret}", {"features": [1, 1, secret, True]}),
            await client.post("/predict", secret.encode()),
        ]
        assert [answer.status for answer in answers] == [400, 200, 400]
        server.process.terminate()
        assert await server.finished() == 0
    logged = [line for line in server.lines if line["message"] == "answering"]
    assert [line["status"] for line in logged] == [400, 200, 400]
    assert secret not in json.dumps(server.lines)


REFUSED_STARTS: dict[str, tuple[tuple[str, ...], dict[str, str], int, str]] = {
    "no version": (("serve",), {}, 2, "--version"),
    "two versions": (("serve", "--version", "a", "--model", "b"), {}, 2, "not allowed"),
    "rows that are no number": (("serve", "--model", "x"), {"LEEWAY_MAX_ROWS": "many"}, 2, "LEEWAY_MAX_ROWS"),
    "a level nobody has": (("serve", "--model", "x"), {"LEEWAY_LOG_LEVEL": "loud"}, 2, "LEEWAY_LOG_LEVEL"),
}


@pytest.mark.parametrize("case", REFUSED_STARTS)
async def test_a_start_that_makes_no_sense_says_so(case: str) -> None:
    arguments, env, code, word = REFUSED_STARTS[case]
    async with running(*arguments, **env) as server:
        _, complaint = await asyncio.wait_for(server.process.communicate(), 60)
    assert server.process.returncode == code
    assert word in complaint.decode()


async def test_verify_reports_that_a_version_serves(versions: dict[str, Path], tmp_path: Path) -> None:
    termination = tmp_path / "termination-log"
    termination.touch()
    golden = models.write_beside(tmp_path, "golden.json", {"rows": [[3]], "predictions": [6]})
    manifest = json.loads((versions["linear-regression"] / "modelversion.json").read_text())
    manifest["spec"]["files"]["golden"] = golden
    models.write_manifest(tmp_path, manifest)
    path = str(tmp_path / "modelversion.json")
    async with running("verify", "--version", path, LEEWAY_TERMINATION_LOG=str(termination)) as verifier:
        assert await verifier.finished() == 0
    outcome = json.loads(termination.read_text())
    assert (outcome["outcome"], outcome["reason"], outcome["goldenRows"]) == ("Succeeded", "Verified", 1)


async def test_verify_reports_what_is_wrong(tmp_path: Path) -> None:
    termination = tmp_path / "termination-log"
    termination.touch()
    (tmp_path / "modelversion.json").write_text("{}")
    path = str(tmp_path / "modelversion.json")
    async with running("verify", "--version", path, LEEWAY_TERMINATION_LOG=str(termination)) as verifier:
        assert await verifier.finished() == 65
    assert json.loads(termination.read_text())["reason"] == "InvalidSpec"
