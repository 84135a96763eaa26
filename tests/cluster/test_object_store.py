"""The trainer against a real S3 server: rows in, versions out, and sentences when the store says no."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from model_server.artifact.stores.credentials import AMBIENT
from model_server.artifact.stores.digest import digest_of
from model_server.artifact.stores.fetch import fetch
from model_server.artifact.stores.object_store import upload
from model_server.artifact.stores.reach import find_reach
from model_server.contract.outcome import InputRefused
from model_server.train.run import Order, train
from model_server.train.stages import Lines
from tests.cluster.kube import eventually
from tests.server.train.making import LINE, make_job

ACCESS, SECRET = "reader", "a-secret-that-must-not-be-shown"
FILES = [
    "golden.json",
    "job.json",
    "model-card.md",
    "model.skops",
    "modelversion.json",
    "report.json",
    "signature.json",
]


def is_listening(port: int) -> bool:
    """Whether something answers on the port."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """A running S3 server: its port, and the directory whose directories are its buckets."""
    printed = subprocess.run(
        [sys.executable, "-m", "tests.cluster.native", "versitygw"],
        capture_output=True,
        text=True,
        check=True,
    )
    buckets = tmp_path_factory.mktemp("buckets")
    (buckets / "models").mkdir()
    port = free_port()
    command = [
        printed.stdout.strip(),
        "--access",
        ACCESS,
        "--secret",
        SECRET,
        "--port",
        f"127.0.0.1:{port}",
        "--quiet",
    ]
    with subprocess.Popen([*command, "posix", str(buckets)], stdout=subprocess.DEVNULL) as running:
        eventually(lambda: is_listening(port), "the S3 server listens")
        yield port, buckets
        running.terminate()


@pytest.fixture
def bucket(gateway: tuple[int, Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of the bucket `models`; the environment has its credentials, as on a laptop."""
    port, buckets = gateway
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    return buckets / "models"


def run(output: Path, uri: str, output_uri: str = "") -> str:
    """Return the reason of the outcome of training on the rows at the uri."""
    job = make_job(data={"uri": uri, "split": {"testPercent": 0}})
    return train(Order(job, output, output_uri), Lines(io.StringIO())).reason


def test_rows_come_from_a_bucket_and_a_version_goes_into_one(bucket: Path, tmp_path: Path) -> None:
    (bucket / "rows").mkdir()
    (bucket / "rows" / "two times.csv").write_text(LINE)
    reason = run(tmp_path / "out", "s3://models/rows/two%20times.csv", "s3://models/line/line-1-1a2b3c4d")
    assert reason == "Completed"
    stored = bucket / "line" / "line-1-1a2b3c4d"
    assert sorted(path.name for path in stored.iterdir()) == FILES
    assert digest_of(stored / "model.skops") == digest_of(tmp_path / "out" / "model.skops")


def test_what_was_uploaded_is_fetched(bucket: Path, tmp_path: Path) -> None:
    large = tmp_path / "in" / "large.bin"
    large.parent.mkdir()
    large.write_bytes(bytes(range(256)) * 100_000)
    upload([large], "s3://models/parts/", AMBIENT, find_reach())
    assert (bucket / "parts" / "large.bin").stat().st_size == 25_600_000
    assert digest_of(fetch("s3://models/parts/large.bin", tmp_path)) == digest_of(large)


REFUSED = {
    "no such object": (
        "s3://models/nowhere.csv",
        "",
        {},
        "DataNotFound",
        "nowhere.csv: not found (NoSuchKey)",
    ),
    "no such bucket": ("s3://nowhere/rows.csv", "", {}, "DataNotFound", "(NoSuchBucket)"),
    "another secret": ("s3://models/x.csv", "", {"AWS_SECRET_ACCESS_KEY": "x"}, "DataUnreadable", "denied"),
    "an unknown user": ("s3://models/x.csv", "", {"AWS_ACCESS_KEY_ID": "x"}, "DataNotFound", "UserNotFound"),
    "no bucket to store in": (
        "builtin://diabetes",
        "s3://nowhere/line",
        {},
        "StoreUnavailable",
        "s3://nowhere/line",
    ),
    "rows over the cap": (
        "s3://models/x.csv",
        "",
        {"LEEWAY_MAX_DATA_BYTES": "5"},
        "DataUnreadable",
        "5 bytes",
    ),
}


@pytest.mark.parametrize(("uri", "output_uri", "changed", "reason", "words"), REFUSED.values(), ids=REFUSED)
def test_refusals(
    uri: str,
    output_uri: str,
    changed: dict[str, str],
    reason: str,
    words: str,
    bucket: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (bucket / "x.csv").write_text(LINE)
    for name, value in changed.items():
        monkeypatch.setenv(name, value)
    job = make_job(data={"uri": uri, "target": "target" if uri.startswith("builtin") else "y"})
    with pytest.raises(InputRefused) as refused:
        train(Order(job, tmp_path / "out", output_uri), Lines(io.StringIO()))
    assert refused.value.reason == reason
    assert words in refused.value.message
    assert SECRET not in refused.value.message
