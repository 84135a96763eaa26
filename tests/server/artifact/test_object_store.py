"""Buckets are read and written by signed requests of our own; no answer of a store is quoted."""

from pathlib import Path

import pytest

from model_server.artifact.stores.credentials import Credentials, DeniedError
from model_server.artifact.stores.fetch import fetch
from model_server.artifact.stores.object_store import cause, upload
from model_server.artifact.stores.reach import Reach, find_reach
from tests.server.artifact.web_host import web_host

LAPTOP = Reach(is_laptop=True)
PAGE = b"root:hush:0:0 - hush\n"


@pytest.fixture
def secret(tmp_path: Path) -> Credentials:
    """A Secret with keys and no endpoint yet."""
    folder = tmp_path / "credentials"
    folder.mkdir()
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        (folder / key).write_text("x")
    return Credentials("spec.output.credentialsSecretName", "lake", folder)


def at(secret: Credentials, host: str) -> Credentials:
    """Let the Secret's endpoint be this host."""
    assert secret.folder
    (secret.folder / "AWS_ENDPOINT_URL").write_text(f"http://{host}")
    return secret


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder of one file."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "model.skops").write_bytes(b"model")
    return tmp_path / "out"


def test_a_file_is_put_whole_under_its_key(secret: Credentials, out: Path) -> None:
    with web_host({"/models/a%20b/model.skops": (200, {}, b"")}) as (host, seen):
        upload([*out.iterdir()], "s3://models/a b", at(secret, host), LAPTOP)
    assert [(asked.method, asked.body) for asked in seen] == [("PUT", b"model")]
    assert seen[0].query("X-Amz-Signature")


def test_a_store_that_is_busy_is_asked_three_times(secret: Credentials, out: Path) -> None:
    with (
        web_host({"/models/x/model.skops": (503, {}, PAGE)}) as (host, seen),
        pytest.raises(ConnectionError) as told,
    ):
        upload([*out.iterdir()], "s3://models/x", at(secret, host), LAPTOP)
    assert [asked.body for asked in seen] == [b"model"] * 3
    assert str(told.value) == "s3://models/x/model.skops: the server answered HTTP 503"


PAGES = {
    "not there": (404, PAGE, FileNotFoundError, "not found (HTTP 404)"),
    "not there, in the store's word": (
        404,
        b"<Error><Code>NoSuchBucket</Code><Message>hush</Message></Error>",
        FileNotFoundError,
        "not found (NoSuchBucket)",
    ),
    "denied": (403, PAGE, DeniedError, "access denied (HTTP 403); check AWS_ACCESS_KEY_ID"),
    "a bad request": (400, PAGE, ValueError, "the server answered HTTP 400"),
    "moved": (301, PAGE, ValueError, "redirects"),
}


@pytest.mark.parametrize(("status", "page", "error", "words"), PAGES.values(), ids=PAGES)
def test_no_page_of_a_store_is_quoted(
    status: int, page: bytes, error: type[Exception], words: str, secret: Credentials, tmp_path: Path
) -> None:
    with web_host({"/lake/x.csv": (status, {}, page)}) as (host, _), pytest.raises(error) as told:
        fetch("s3://lake/x.csv", tmp_path, at(secret, host), None, LAPTOP)
    assert words in str(told.value)
    assert "hush" not in str(told.value)


def test_a_client_s_message_is_told_without_the_page() -> None:
    told = "Generic GCS error: Error performing GET http://x - Server returned non-2xx status code: 400 Bad: hush"
    assert cause(told) == "the server answered HTTP 400"


def test_a_public_bucket_needs_no_signature(
    secret: Credentials, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
    with web_host({"/lake/x.csv": (200, {}, b"x")}) as (host, seen):
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}")
        fetch("s3://lake/x.csv", tmp_path, Credentials(), None, find_reach())
    assert [asked.path for asked in seen] == ["/lake/x.csv"]
