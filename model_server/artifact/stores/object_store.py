"""Files in buckets of S3 and Google Cloud Storage.

Requests to S3 are signed by the store's client and sent by ours: an endpoint is whatever a Secret says, and the client
itself would follow its redirects to any address.
"""

import os
import re
import time
import urllib.request
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import SplitResult, unquote, urlsplit

from model_server.artifact.stores.credentials import Credentials, DeniedError
from model_server.artifact.stores.download import (
    BLOCK_BYTES,
    WHOLE_TIMEOUT_SECONDS,
    Download,
    answered,
    download,
    too_large,
    write_blocks,
)
from model_server.artifact.stores.reach import ForbiddenAddressError, Reach
from model_server.artifact.stores.uris import file_name, shown, split

CONNECT_TIMEOUT = "10s"
READ_TIMEOUT = "30s"
PAUSE_SECONDS = (0.2, 1.0)
GOOGLE = "https://storage.googleapis.com"
# By these a user's environment leads the client elsewhere: to a proxy, or for the pod's own identity.
LEADING = (
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"),
    *("AWS_METADATA_ENDPOINT", "AWS_ENDPOINT_URL_STS", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
    *("GCE_METADATA_HOST", "GCE_METADATA_ROOT", "GCE_METADATA_IP"),
)
# Where clouds have identities, which the client asks for by itself; what it is told there is quoted nowhere.
IDENTITIES = ("169.254.170.23", "fd00:ec2::23", "169.254.169.254", "metadata.google.internal")


def fetch_object(parts: SplitResult, how: Download) -> Path:
    """Return the download of an object of S3 or Google Cloud Storage; errors as in `fetch`."""
    key, path = unquote(parts.path).lstrip("/"), how.folder / file_name(parts)
    if parts.scheme == "gs":
        return fetch_from_google(parts, key, path, how)
    address = sign(parts, key, "GET", how.credentials, how.reach)

    def attempt() -> None:
        asked = urllib.request.Request(address)  # noqa: S310  the opener knows http only
        with store_remedy(how.credentials):
            blocks = download(asked, shown(parts.geturl()), how.reach.of_store())
            write_blocks(path, blocks, shown(parts.geturl()), how.most)

    try_again(attempt)
    return path


def upload(paths: Sequence[Path], uri: str, credentials: Credentials, reach: Reach) -> None:
    """Put the files into the object store under `uri`, one after the other; errors as in `fetch`."""
    parts = split(uri)
    for path in paths:
        key = f"{parts.path.strip('/')}/{path.name}".lstrip("/")
        name = f"{shown(uri)}/{path.name}"
        if parts.scheme == "gs":
            put_to_google(parts, key, path, credentials, reach)
        else:
            put(path, sign(parts, key, "PUT", credentials, reach), name, credentials, reach)


def put(path: Path, address: str, name: str, credentials: Credentials, reach: Reach) -> None:
    """Send one file to a signed address of S3."""
    headers = {"Content-Length": str(path.stat().st_size), "Content-Type": "application/octet-stream"}

    def attempt() -> None:
        with path.open("rb") as file, store_remedy(credentials):
            asked = urllib.request.Request(address, file, headers, method="PUT")  # noqa: S310  the opener knows http only
            with answered(asked, name, reach.of_store()):
                pass

    try_again(attempt)


def try_again(attempt: Callable[[], None]) -> None:
    """Make up to three attempts; each is whole, so that repeating one does no harm."""
    for pause in PAUSE_SECONDS:
        try:
            return attempt()
        except ConnectionError:
            time.sleep(pause)
    return attempt()


def sign(
    parts: SplitResult, key: str, method: Literal["GET", "PUT"], credentials: Credentials, reach: Reach
) -> str:
    """Return an address of S3 that carries its own signature; one without, where the environment wants none.

    Raises MissingCredentialsError, ForbiddenAddressError, ValueError for an address without a bucket.
    """
    import obstore  # noqa: PLC0415  only jobs that use an object store pay for it
    from obstore.store import S3Store  # noqa: PLC0415  see above

    refuse_leading_astray(reach)
    is_anonymous = os.environ.get("AWS_SKIP_SIGNATURE", "").lower() in ("1", "true")
    # Nobody's keys: the signature made with them is cut off again.
    nobody = {"aws_access_key_id": "nobody", "aws_secret_access_key": "nobody"} if is_anonymous else {}
    with object_store_errors(shown(parts.geturl()), credentials.remedy(parts.scheme)):
        store = open_store(S3Store, parts, credentials, nobody)
        signed = str(obstore.sign(store, method, key, timedelta(seconds=WHOLE_TIMEOUT_SECONDS)))
    return signed.partition("?")[0] if is_anonymous else signed


def refuse_leading_astray(reach: Reach) -> None:
    """Raise ForbiddenAddressError for a variable of the environment that leads the client where nothing may be sent."""
    for name in LEADING:
        place = os.environ.get(name, "")
        host = urlsplit(place if "://" in place else f"//{place}").hostname
        if host is None or host in IDENTITIES:
            continue
        try:
            reach.of_store().check(host, 0)
        except ForbiddenAddressError as error:
            raise ForbiddenAddressError(f"{name}: {error}") from None
        except OSError as error:
            raise ConnectionError(f"{name}: {error}") from None


class store_remedy:  # noqa: N801  reads as a statement: with store_remedy(credentials)
    """Inside the block, a refusal names the Secret's keys that decide over it."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials

    def __enter__(self) -> None:
        """Errors get their remedy from here."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        """Raise the same error with its remedy."""
        if isinstance(error, DeniedError | ForbiddenAddressError):
            raise type(error)(f"{error}; {self.credentials.remedy('s3')}") from None


def fetch_from_google(parts: SplitResult, key: str, path: Path, how: Download) -> Path:
    """Return the download of an object of Google Cloud Storage."""
    import obstore  # noqa: PLC0415  only jobs that use an object store pay for it

    name = shown(parts.geturl())
    refuse_leading_astray(how.reach)
    with object_store_errors(name, how.credentials.remedy("gs")):
        found = obstore.get(open_google(parts, how.credentials), key)
        if found.meta["size"] > how.most:
            raise too_large(name, how.most)
        blocks = (bytes(block) for block in found.stream(min_chunk_size=BLOCK_BYTES))
        write_blocks(path, blocks, name, how.most)
    return path


def put_to_google(parts: SplitResult, key: str, path: Path, credentials: Credentials, reach: Reach) -> None:
    """Send one file to Google Cloud Storage."""
    import obstore  # noqa: PLC0415  only jobs that use an object store pay for it

    refuse_leading_astray(reach)
    with object_store_errors(f"{shown(parts.geturl())}/{path.name}", credentials.remedy("gs")):
        obstore.put(open_google(parts, credentials), key, path)


def open_google(parts: SplitResult, credentials: Credentials) -> Any:
    """Return the client of a bucket of Google's."""
    from obstore.store import GCSStore  # noqa: PLC0415  see fetch_from_google

    # Stated, since the JSON of a key and the environment could name another host; Google's own redirects nowhere else.
    return open_store(GCSStore, parts, credentials, {"google_base_url": GOOGLE})


def open_store(make: Any, parts: SplitResult, credentials: Credentials, stated: dict[str, str]) -> Any:
    """Return the client of the bucket; what the credentials do not say comes from the standard environment.

    Raises MissingCredentialsError, or ValueError for an address without a bucket.
    """
    if parts.scheme not in ("s3", "gs") or not parts.netloc:
        raise ValueError(f"{shown(parts.geturl())}: give s3://bucket/path or gs://bucket/path")
    config = {key.lower(): value for key, value in credentials.read(parts.scheme).items()}
    options: dict[str, Any] = {
        "connect_timeout": CONNECT_TIMEOUT,
        "read_timeout": READ_TIMEOUT,
        "timeout": f"{WHOLE_TIMEOUT_SECONDS}s",
    }
    return make(parts.netloc, config=config | stated, client_options=options, retry_config={"max_retries": 3})


class object_store_errors:  # noqa: N801  reads as a statement: with object_store_errors(name)
    """Inside the block, errors of the object store become built-in ones that name the object."""

    def __init__(self, name: str, remedy: str) -> None:
        self.name = name
        self.remedy = remedy

    def __enter__(self) -> None:
        """Errors are translated from here."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        """Raise the built-in error that means the same, without the address that was asked."""
        from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError  # noqa: PLC0415

        if isinstance(error, PermissionDeniedError | UnauthenticatedError):
            raise DeniedError(f"{self.name}: access denied; {self.remedy}") from None
        if isinstance(error, FileNotFoundError) and not error.filename:
            raise FileNotFoundError(f"{self.name}: no such object") from None
        if isinstance(error, BaseError):
            raise ConnectionError(f"{self.name}: {cause(str(error))}") from None


def cause(text: str) -> str:
    """Return what went wrong by a client's message: without the address, and without what the server wrote."""
    status = re.search(r"status code: (\d{3})", text)
    if status:
        return f"the server answered HTTP {status[1]}"
    return text.partition("\n")[0].rpartition(" - ")[2][:200]
