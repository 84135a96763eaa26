"""Files from where users keep them: mounted claims and config maps, object stores, the web, the disk.

Errors are the built-in ones a local file would raise: FileNotFoundError, PermissionError, ConnectionError
(a retry may help), TooLargeError, ValueError for a uri nobody can read. No message shows a user or a query.
"""

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from model_server.artifact.credentials import AMBIENT, Credentials, DeniedError
from model_server.artifact.download import BLOCK_BYTES, download

DEFAULT_MAX_BYTES = 5 << 30
CONNECT_TIMEOUT = "10s"
READ_TIMEOUT = "30s"
WHOLE_TIMEOUT_SECONDS = 3600


class TooLargeError(OSError):
    """The file is larger than it may be."""


@dataclass(frozen=True)
class Download:
    """How a file is downloaded: into which folder, with which credentials, and how many bytes at most."""

    folder: Path
    credentials: Credentials
    most: int


def fetch(uri: str, destination: Path, credentials: Credentials = AMBIENT, most: int | None = None) -> Path:
    """Return the local path of the file at `uri`, downloaded into `destination` when it is not mounted.

    It has at most `most` bytes, or LEEWAY_MAX_DATA_BYTES when that is fewer or nothing is said.
    """
    parts = split(uri)
    source = SOURCES.get(parts.scheme)
    if source is None:
        known = ", ".join(f"{scheme}://" for scheme in SOURCES if scheme)
        raise ValueError(f"{shown(uri)}: no such kind of uri; use one of {known}")
    limit = min(max_bytes(), max_bytes() if most is None else most)
    path = source(parts, Download(destination, credentials, limit))
    if path.stat().st_size > limit:
        raise too_large(uri, limit)
    return path


def upload(directory: Path, uri: str, credentials: Credentials = AMBIENT) -> None:
    """Put every file of the directory into the object store under `uri`; errors as in `fetch`."""
    import obstore  # noqa: PLC0415  only jobs that use an object store pay for it

    parts = split(uri)
    with object_store_errors(shown(uri), credentials.remedy(parts.scheme)):
        store = object_store(parts, credentials)
    for path in sorted(path for path in directory.iterdir() if path.is_file()):
        key = f"{parts.path.strip('/')}/{path.name}".lstrip("/")
        with object_store_errors(f"{shown(uri)}/{path.name}", credentials.remedy(parts.scheme)):
            obstore.put(store, key, path)


def shown(uri: str) -> str:
    """Return the uri as messages may show it: without user name, password, query and fragment."""
    parts = split(uri)
    if not parts.scheme:
        return parts.path
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


LITERAL = ("pvc", "configmap", "s3", "gs")


def split(uri: str) -> SplitResult:
    """Return the parts of a uri; a text without a scheme is a local path, whatever characters it has.

    Keys of buckets and names of files may have `?` and `#`, which mean something in web addresses only.
    """
    scheme, separator, rest = uri.partition("://")
    if not separator:
        return SplitResult("", "", uri, "", "")
    if scheme in LITERAL:
        host, slash, path = rest.partition("/")
        return SplitResult(scheme, host, slash + path, "", "")
    try:
        return urlsplit(uri)
    except ValueError as error:
        raise ValueError(f"{scheme}://…: {error}") from error


def max_bytes() -> int:
    """Return the size cap of one file in bytes: LEEWAY_MAX_DATA_BYTES, or 5 GiB."""
    return int(os.environ.get("LEEWAY_MAX_DATA_BYTES", DEFAULT_MAX_BYTES))


def too_large(uri: str, limit: int) -> TooLargeError:
    """Return the error for a file of more bytes than it may have."""
    return TooLargeError(f"{shown(uri)} is larger than {limit} bytes (sizeBytes, or LEEWAY_MAX_DATA_BYTES)")


def fetch_local(parts: SplitResult, _: Download) -> Path:
    """Return a path of this machine; only a laptop has one, in a pod nothing but mounts may be read."""
    if "LEEWAY_DATA_ROOT" in os.environ or "LEEWAY_STORE_ROOT" in os.environ:
        raise ValueError(f"{parts.path}: local paths work on a laptop only; in a cluster use pvc:// or s3://")
    return existing(Path(unquote(parts.path) if parts.scheme else parts.path))


def fetch_claim(parts: SplitResult, _: Download) -> Path:
    """Return the file of `pvc://CLAIM/path`, looked for where pods mount claims of stores and of data."""
    roots = [Path(os.environ[name], *under) for name, under in CLAIM_ROOTS if name in os.environ]
    if not roots:
        raise ValueError(
            f"pvc://{parts.netloc}{parts.path}: claims exist in a cluster only; give a local file"
        )
    mounts = [root / parts.netloc for root in roots if (root / parts.netloc).is_dir()]
    if not mounts:
        raise FileNotFoundError(f"pvc://{parts.netloc}: the claim is not mounted; is it in this namespace?")
    return inside(mounts, parts)


CLAIM_ROOTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("LEEWAY_STORE_ROOT", ()),
    ("LEEWAY_DATA_ROOT", ("pvc",)),
)


def fetch_config_map(parts: SplitResult, _: Download) -> Path:
    """Return the file of `configmap://NAME/KEY`, where the operator's pods mount it."""
    if "LEEWAY_DATA_ROOT" not in os.environ:
        name = f"configmap://{parts.netloc}{parts.path}"
        raise ValueError(f"{name}: config maps exist in a cluster only; pass --data FILE")
    return inside([Path(os.environ["LEEWAY_DATA_ROOT"]) / "configmap" / parts.netloc], parts)


def inside(mounts: Iterable[Path], parts: SplitResult) -> Path:
    """Return the file below one of the mounts; a path or link that leads out of them is refused."""
    name = f"{parts.scheme}://{parts.netloc}{parts.path}"
    for mount in mounts:
        path = (mount / unquote(parts.path).lstrip("/")).resolve()
        if not path.is_relative_to(mount.resolve()):
            raise PermissionError(f"{name}: leads out of its volume; give a path inside it")
        if path.is_file():
            return path
    raise FileNotFoundError(f"{name}: no such file")


def existing(path: Path) -> Path:
    """Return the path of a readable file, or raise FileNotFoundError or PermissionError naming it."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    if not os.access(path, os.R_OK):
        raise PermissionError(f"{path}: may not be read by user {os.getuid()}")
    return path


def fetch_web(parts: SplitResult, how: Download) -> Path:
    """Return the download of an http or https address; a token is sent over https alone."""
    uri, credentials = parts.geturl(), how.credentials
    if parts.scheme == "http" and credentials.folder:
        raise ValueError(
            f"{shown(uri)}: use https, over which alone credentials are sent ({credentials.field})"
        )
    token = credentials.read(parts.scheme).get("HTTPS_BEARER_TOKEN", "")
    path = how.folder / file_name(parts)
    try:
        write_blocks(path, download(uri, shown(uri), token), uri, how.most)
    except DeniedError as error:
        raise DeniedError(f"{error}; {credentials.remedy('https')}") from None
    return path


def fetch_object(parts: SplitResult, how: Download) -> Path:
    """Return the download of an object of S3 or Google Cloud Storage."""
    import obstore  # noqa: PLC0415  only jobs that use an object store pay for it

    uri = parts.geturl()
    path = how.folder / file_name(parts)
    with object_store_errors(shown(uri), how.credentials.remedy(parts.scheme)):
        found = obstore.get(object_store(parts, how.credentials), unquote(parts.path).lstrip("/"))
        if found.meta["size"] > how.most:
            raise too_large(uri, how.most)
        blocks = (bytes(block) for block in found.stream(min_chunk_size=BLOCK_BYTES))
        write_blocks(path, blocks, uri, how.most)
    return path


def file_name(parts: SplitResult) -> str:
    """Return the last segment of the path as a plain file name."""
    name = PurePosixPath(unquote(parts.path)).name
    return name if name.strip(". ") and "\0" not in name else "download"


def write_blocks(path: Path, blocks: Iterator[bytes], uri: str, most: int) -> None:
    """Write all blocks to the file, or raise TooLargeError before it has more than `most` bytes."""
    deadline = time.monotonic() + WHOLE_TIMEOUT_SECONDS
    left = most
    with path.open("wb") as file:
        for block in blocks:
            left -= len(block)
            if left < 0:
                raise too_large(uri, most)
            if time.monotonic() > deadline:
                raise ConnectionError(f"{shown(uri)}: not complete after {WHOLE_TIMEOUT_SECONDS} s")
            file.write(block)


def object_store(parts: SplitResult, credentials: Credentials) -> Any:
    """Return the client of the bucket; what the credentials do not say comes from the standard environment.

    Raises MissingCredentialsError, or ValueError for an address without a bucket.
    """
    from obstore.store import GCSStore, S3Store  # noqa: PLC0415  see fetch_object

    if parts.scheme not in ("s3", "gs") or not parts.netloc:
        raise ValueError(f"{shown(parts.geturl())}: give s3://bucket/path or gs://bucket/path")
    config = {key.lower(): value for key, value in credentials.read(parts.scheme).items()}
    around = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")
    endpoint = config.get("aws_endpoint_url", around)
    plain = endpoint.startswith("http://") or os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true")
    options: dict[str, Any] = {
        "connect_timeout": CONNECT_TIMEOUT,
        "read_timeout": READ_TIMEOUT,
        "timeout": f"{WHOLE_TIMEOUT_SECONDS}s",
        "allow_http": plain,
    }
    make: Any = S3Store if parts.scheme == "s3" else GCSStore
    return make(parts.netloc, config=config, client_options=options, retry_config={"max_retries": 3})


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
            raise FileNotFoundError(f"{self.name}: no such object{code(str(error))}") from None
        if isinstance(error, BaseError):
            raise ConnectionError(f"{self.name}: {cause(str(error))}") from None


def code(text: str) -> str:
    """Return the store's own word for the error in brackets: a bucket, a key or a user may be what is missing."""
    found = re.search(r"<Code>(\w{1,64})</Code>", text)
    return f" ({found[1]})" if found else ""


def cause(text: str) -> str:
    """Return the last clause of an object store's message: what went wrong, without the address."""
    return text.partition("\n")[0].rpartition(" - ")[2][:200]


SOURCES: dict[str, Callable[[SplitResult, Download], Path]] = {
    "": fetch_local,
    "file": fetch_local,
    "pvc": fetch_claim,
    "configmap": fetch_config_map,
    "https": fetch_web,
    "http": fetch_web,
    "s3": fetch_object,
    "gs": fetch_object,
}
