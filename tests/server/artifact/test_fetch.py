"""Files are fetched from mounts and from the web, and no message gives a secret away."""

import base64
import urllib.request
from pathlib import Path

import pytest

from model_server.artifact.stores.download import SecureRedirects, TooLargeError
from model_server.artifact.stores.fetch import fetch
from model_server.artifact.stores.uris import shown
from tests.server.artifact.web_host import web_host

CSV = b"x,y\n1,2\n"

REFUSED = {
    "not there": (404, {}, b"", FileNotFoundError),
    "gone": (410, {}, b"", FileNotFoundError),
    "not allowed": (403, {}, b"", PermissionError),
    "no such user": (401, {}, b"", PermissionError),
    "a bad question": (400, {}, b"", ValueError),
    "too many questions": (429, {}, b"", ConnectionError),
    "a broken server": (503, {}, b"", ConnectionError),
    "a body that ends early": (200, {"Content-Length": "999"}, CSV, ConnectionError),
    "a redirect without end": (302, {"Location": "/rows.csv?token=hush"}, b"", ValueError),
    "a redirect to a file": (302, {"Location": "file:///etc/passwd"}, b"", ValueError),
}


@pytest.mark.parametrize(("status", "headers", "body", "error"), REFUSED.values(), ids=REFUSED)
def test_web_refusals(
    status: int, headers: dict[str, str], body: bytes, error: type[Exception], tmp_path: Path
) -> None:
    with (
        web_host({"/rows.csv?token=hush": (status, headers, body)}) as (host, _),
        pytest.raises(error) as told,
    ):
        fetch(f"http://user:hush@{host}/rows.csv?token=hush#hush", tmp_path)
    assert "hush" not in str(told.value)
    assert f"http://{host}/rows.csv" in str(told.value)


def test_a_download_carries_user_and_query_and_follows_redirects(tmp_path: Path) -> None:
    answers = {"/a?sig=1": (302, {"Location": "/b/rows.csv"}, b""), "/b/rows.csv": (200, {}, CSV)}
    with web_host(answers) as (host, seen):
        path = fetch(f"http://me:pass%20word@{host}/a?sig=1", tmp_path)
    assert path.read_bytes() == CSV
    assert seen[0].headers["Authorization"] == "Basic " + base64.b64encode(b"me:pass word").decode()
    assert seen[1].headers["Authorization"] is None


def test_a_secure_address_is_never_left_for_an_insecure_one() -> None:
    asked = urllib.request.Request("https://example.org/rows.csv")
    insecure = SecureRedirects().redirect_request(asked, None, 302, "", {}, "http://example.org/rows.csv")
    assert insecure is None
    following = SecureRedirects().redirect_request(asked, None, 302, "", {}, "https://example.com/rows.csv")
    assert following.full_url == "https://example.com/rows.csv"


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(ConnectionError, match="refused"):
        fetch("http://127.0.0.1:1/rows.csv", tmp_path)


def test_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEEWAY_MAX_DATA_BYTES", "7")
    with web_host({"/rows.csv": (200, {}, CSV)}) as (host, _), pytest.raises(TooLargeError, match="7 bytes"):
        fetch(f"http://{host}/rows.csv", tmp_path)


def test_a_name_from_the_web_stays_in_the_directory(tmp_path: Path) -> None:
    with web_host({"/a/%2e%2e": (200, {}, CSV), "/": (200, {}, CSV), "/%2Fetc%2Frows": (200, {}, CSV)}) as (
        host,
        _,
    ):
        for path in ("/a/%2e%2e", "/", "/%2Fetc%2Frows"):
            assert fetch(f"http://{host}{path}", tmp_path).parent == tmp_path


SHOWN = {
    "a bucket": ("s3://bucket/key", "s3://bucket/key"),
    "a secret address": ("https://user:hush@host:8443/rows.csv?hush=1#hush", "https://host:8443/rows.csv"),
    "an at sign in a password": ("https://user:hu@sh@host/rows.csv", "https://host/rows.csv"),
    "a key with marks of the web": ("s3://bucket/data#1?.csv", "s3://bucket/data#1?.csv"),
    "a local path": ("a/b#c.csv", "a/b#c.csv"),
}


@pytest.mark.parametrize(("uri", "text"), SHOWN.values(), ids=SHOWN)
def test_shown(uri: str, text: str) -> None:
    assert shown(uri) == text


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The mounts of a training pod."""
    for name in ("data/configmap/points", "data/pvc/rows/2024", "store/models"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("data/configmap/points/points.csv", "data/pvc/rows/2024/a b.csv", "store/models/m.skops"):
        (tmp_path / name).write_bytes(CSV)
    for name in ("data/pvc/rows/what?#1.csv", "data/configmap/points/a#b.csv"):
        (tmp_path / name).write_bytes(CSV)
    (tmp_path / "outside.csv").write_bytes(CSV)
    (tmp_path / "data/pvc/rows/link.csv").symlink_to(tmp_path / "outside.csv")
    (tmp_path / "data/pvc/rows/inner.csv").symlink_to("2024/a b.csv")
    monkeypatch.setenv("LEEWAY_DATA_ROOT", str(tmp_path / "data"))
    monkeypatch.setenv("LEEWAY_STORE_ROOT", str(tmp_path / "store"))
    return tmp_path


MOUNTED = {
    "a config map": ("configmap://points/points.csv", "data/configmap/points/points.csv"),
    "a claim of data": ("pvc://rows/2024/a%20b.csv", "data/pvc/rows/2024/a b.csv"),
    "a link inside a claim": ("pvc://rows/inner.csv", "data/pvc/rows/2024/a b.csv"),
    "a file with marks of the web": ("pvc://rows/what?#1.csv", "data/pvc/rows/what?#1.csv"),
    "a key with a mark of the web": ("configmap://points/a#b.csv", "data/configmap/points/a#b.csv"),
    "a claim of the store": ("pvc://models/m.skops", "store/models/m.skops"),
}


@pytest.mark.parametrize(("uri", "path"), MOUNTED.values(), ids=MOUNTED)
def test_mounts(uri: str, path: str, pod: Path) -> None:
    assert fetch(uri, pod / "tmp") == pod / path


UNMOUNTED = {
    "no such key": ("configmap://points/other.csv", FileNotFoundError, "configmap://points/other.csv"),
    "no such claim": ("pvc://secret/rows.csv", FileNotFoundError, "is not mounted"),
    "no such file": ("pvc://rows/2025.csv", FileNotFoundError, "pvc://rows/2025.csv"),
    "a directory": ("pvc://rows/2024", FileNotFoundError, "pvc://rows/2024"),
    "a way out": ("pvc://rows/../../../outside.csv", PermissionError, "out of its volume"),
    "a hidden way out": ("pvc://rows/%2e%2e/%2e%2e/%2e%2e/outside.csv", PermissionError, "out of its volume"),
    "a claim that is a way out": ("pvc://../outside.csv", ValueError, "no name of a volume"),
    "a config map that is a way out": (
        "configmap://../pvc/rows/inner.csv",
        ValueError,
        "no name of a volume",
    ),
    "a claim of no name": ("pvc:///rows/inner.csv", ValueError, "no name of a volume"),
    "a link out": ("pvc://rows/link.csv", PermissionError, "out of its volume"),
    "a local path in a pod": ("/etc/passwd", ValueError, "laptop only"),
    "a file uri in a pod": ("file:///etc/passwd", ValueError, "laptop only"),
}


@pytest.mark.parametrize(("uri", "error", "words"), UNMOUNTED.values(), ids=UNMOUNTED)
def test_what_is_not_mounted_is_not_read(uri: str, error: type[Exception], words: str, pod: Path) -> None:
    with pytest.raises(error, match=words):
        fetch(uri, pod / "tmp")
