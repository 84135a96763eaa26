"""Credentials are read from files at each fetch, never from the whole environment, and their lack is named."""

import urllib.request
from pathlib import Path

import pytest

from model_server.artifact.stores.credentials import (
    KEYS,
    Credentials,
    DeniedError,
    MissingCredentialsError,
    find_credentials,
)
from model_server.artifact.stores.download import request
from model_server.artifact.stores.fetch import fetch
from model_server.artifact.stores.object_store import upload
from model_server.artifact.stores.reach import Reach
from tests.server.artifact.web_host import web_host

FIELD = "spec.data.credentialsSecretName"
OBJECT = {"ETag": '"1"', "Last-Modified": "Sat, 21 Nov 2026 12:00:00 GMT", "Content-Type": "text/csv"}
DENIED = "<Error><Code>AccessDenied</Code></Error>"


@pytest.fixture
def secret(tmp_path: Path) -> Credentials:
    """A mounted Secret without a key."""
    folder = tmp_path / "credentials"
    folder.mkdir()
    return Credentials(FIELD, "lake", folder)


def hold(secret: Credentials, **values: str) -> None:
    """Let the Secret have these values, as the kubelet writes them."""
    assert secret.folder
    for key, value in values.items():
        (secret.folder / key).write_text(value)


def test_a_rotated_secret_is_used_at_the_next_fetch(secret: Credentials, tmp_path: Path) -> None:
    with web_host({"/lake/rows.csv": (200, OBJECT, b"x")}) as (host, seen):
        for key in ("FIRST", "SECOND"):
            hold(
                secret,
                AWS_ACCESS_KEY_ID=f"{key}\n",
                AWS_SECRET_ACCESS_KEY="s",
                AWS_REGION="eu-west-1",
                AWS_ENDPOINT_URL=f"http://{host}",
            )
            assert fetch("s3://lake/rows.csv", tmp_path, secret).read_bytes() == b"x"
    used = [asked.query("X-Amz-Credential").split("/") for asked in seen]
    assert [(user, region) for user, _, region, *_ in used] == [
        ("FIRST", "eu-west-1"),
        ("SECOND", "eu-west-1"),
    ]


def test_a_session_token_is_sent(secret: Credentials, tmp_path: Path) -> None:
    with web_host({"/lake/rows.csv": (200, OBJECT, b"x")}) as (host, seen):
        hold(
            secret,
            AWS_ACCESS_KEY_ID="a",
            AWS_SECRET_ACCESS_KEY="s",
            AWS_SESSION_TOKEN="for an hour",
            AWS_ENDPOINT_URL=f"http://{host}",
        )
        fetch("s3://lake/rows.csv", tmp_path, secret)
    assert seen[0].query("X-Amz-Security-Token") == "for an hour"


def test_denied_access_names_the_field_the_secret_and_the_keys(secret: Credentials, tmp_path: Path) -> None:
    with web_host({"/lake/rows.csv": (403, {}, DENIED.encode())}) as (host, _):
        hold(secret, AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="s", AWS_ENDPOINT_URL=f"http://{host}")
        with pytest.raises(DeniedError) as told:
            fetch("s3://lake/rows.csv", tmp_path, secret)
    assert f'AWS_ENDPOINT_URL in Secret "lake" ({FIELD})' in str(told.value)


@pytest.mark.parametrize("uri", ["s3://lake/rows.csv", "gs://lake/rows.csv", "https://127.0.0.1:1/rows.csv"])
def test_a_secret_that_is_not_there_is_named_with_the_keys(
    uri: str, secret: Credentials, tmp_path: Path
) -> None:
    with pytest.raises(MissingCredentialsError) as told:
        fetch(uri, tmp_path, secret)
    assert f'Secret "lake" ({FIELD}) does not exist' in str(told.value)
    assert all(key in str(told.value) for key in KEYS[uri.partition(":")[0]])


def test_an_upload_needs_them_too(secret: Credentials, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "model.skops").write_bytes(b"x")
    with pytest.raises(MissingCredentialsError):
        upload([tmp_path / "out" / "model.skops"], "s3://models/x", secret, Reach())


def test_a_damaged_key_of_google_is_a_store_that_cannot_be_reached(
    secret: Credentials, tmp_path: Path
) -> None:
    hold(secret, GOOGLE_SERVICE_ACCOUNT_KEY="no JSON")
    with pytest.raises(ConnectionError) as told:
        fetch("gs://lake/rows.csv", tmp_path, secret)
    assert "no JSON" not in str(told.value)


def test_a_token_is_a_header_that_no_redirect_carries_on() -> None:
    asked = request("https://example.org/rows.csv", "hush")
    assert asked.unredirected_hdrs["Authorization"] == "Bearer hush"
    assert "Authorization" not in asked.headers
    assert isinstance(asked, urllib.request.Request)


def test_a_token_is_never_sent_in_the_clear(secret: Credentials, tmp_path: Path) -> None:
    hold(secret, HTTPS_BEARER_TOKEN="hush")
    with pytest.raises(ValueError, match="use https"):
        fetch("http://127.0.0.1:1/rows.csv", tmp_path, secret)


def test_what_needs_no_credentials_asks_for_none(secret: Credentials) -> None:
    assert secret.read("pvc") == {}


def test_a_laptop_has_no_folder() -> None:
    assert find_credentials("data", FIELD, "lake").read("s3") == {}


def test_a_pod_has_one_for_each_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEEWAY_CREDENTIALS_ROOT", "/leeway/credentials")
    assert find_credentials("data", FIELD, "lake").folder == Path("/leeway/credentials/data")
    assert find_credentials("data", FIELD, None).folder is None
