"""Requests over http and https: to checked addresses only, with time limits, never from https to http."""

import base64
import contextlib
import http.client
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from model_server.artifact.stores.credentials import Credentials, DeniedError
from model_server.artifact.stores.reach import ForbiddenAddressError, Reach, connected
from model_server.artifact.stores.uris import file_name, shown

BLOCK_BYTES = 1 << 20
SILENCE_SECONDS = 30
WHOLE_TIMEOUT_SECONDS = 3600
MAX_REDIRECTS = 3
ERROR_BYTES = 4096  # of an error's page, in which an object store names the error


class TooLargeError(OSError):
    """The file is larger than it may be."""


@dataclass(frozen=True)
class Download:
    """How a file is downloaded: into which folder, with which credentials, how many bytes at most, from where."""

    folder: Path
    credentials: Credentials
    most: int
    reach: Reach


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
        blocks = download(request(uri, token), shown(uri), how.reach, SecureRedirects())
        write_blocks(path, blocks, shown(uri), how.most)
    except DeniedError as error:
        raise DeniedError(f"{error}; {credentials.remedy('https')}") from None
    return path


def write_blocks(path: Path, blocks: Iterator[bytes], name: str, most: int) -> None:
    """Write all blocks to the file, or raise TooLargeError before it has more than `most` bytes."""
    deadline = time.monotonic() + WHOLE_TIMEOUT_SECONDS
    left = most
    with path.open("wb") as file:
        for block in blocks:
            left -= len(block)
            if left < 0:
                raise too_large(name, most)
            if time.monotonic() > deadline:
                raise ConnectionError(f"{name}: not complete after {WHOLE_TIMEOUT_SECONDS} s")
            file.write(block)


def too_large(name: str, limit: int) -> TooLargeError:
    """Return the error for a file of more bytes than it may have."""
    return TooLargeError(f"{name} is larger than {limit} bytes (sizeBytes, or LEEWAY_MAX_DATA_BYTES)")


def download(
    asked: urllib.request.Request, name: str, reach: Reach, *following: urllib.request.BaseHandler
) -> Iterator[bytes]:
    """Yield the body of the answer in blocks; `name` stands for the address in errors.

    Raises as `answered`, and ConnectionError when the body ends early.
    """
    with answered(asked, name, reach, *following) as response:
        yield from whole_body(response, name)


@contextlib.contextmanager
def answered(
    asked: urllib.request.Request, name: str, reach: Reach, *following: urllib.request.BaseHandler
) -> Iterator[Any]:
    """Give the answer to a request; a redirect is an error, unless one of the handlers follows it.

    Raises FileNotFoundError, PermissionError, ForbiddenAddressError, ValueError, or ConnectionError when a retry may
    help. No error quotes what the server wrote.
    """
    try:
        with opener(reach, *following).open(asked, timeout=SILENCE_SECONDS) as response:
            yield response
    except urllib.error.HTTPError as error:
        word = code(error)
        error.close()
        raise refusal(error.code, name, word) from None
    except urllib.error.URLError as error:
        raise ConnectionError(f"{name}: {error.reason}") from None
    except ForbiddenAddressError as error:
        raise ForbiddenAddressError(f"{name}: {error}") from None
    except (http.client.HTTPException, TimeoutError, ConnectionResetError) as error:
        raise ConnectionError(f"{name}: the connection broke ({type(error).__name__})") from None


def whole_body(response: Any, name: str) -> Iterator[bytes]:
    """Yield the body in blocks, or raise ConnectionError when it ends early."""
    # http.client takes a connection that broke for the end of the body, so the length is compared here.
    promised = response.headers.get("Content-Length")
    received = 0
    while block := response.read(BLOCK_BYTES):
        received += len(block)
        yield block
    if promised is not None and int(promised) != received:
        raise ConnectionError(f"{name}: {received} of {promised} bytes arrived")


def request(uri: str, token: str) -> urllib.request.Request:
    """Return the request; a token, or user and password in the address, become a header that no redirect carries on."""
    parts = urlsplit(uri)
    host = parts.netloc.rpartition("@")[2]
    address = urlunsplit((parts.scheme, host, parts.path or "/", parts.query, ""))
    asked = urllib.request.Request(address, headers={"User-Agent": "leeway"})  # noqa: S310  the opener knows http only
    if token:
        asked.add_unredirected_header("Authorization", f"Bearer {token}")
    elif parts.username is not None:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        asked.add_unredirected_header("Authorization", f"Basic {base64.b64encode(login).decode()}")
    return asked


class SecureRedirects(urllib.request.HTTPRedirectHandler):
    """Follows a few redirects over http and https, and from https to https only."""

    max_redirections = MAX_REDIRECTS
    max_repeats = 1

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        """Return the next request, or None, which ends in the redirect's own status."""
        schemes = ("https",) if req.type == "https" else ("https", "http")
        if urlsplit(newurl).scheme not in schemes:
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class CheckedHttp(urllib.request.HTTPHandler):
    """Connects to addresses within reach."""

    def __init__(self, reach: Reach) -> None:
        super().__init__()
        self.reach = reach

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """Return the answer; raise ForbiddenAddressError before anything is sent."""
        return self.do_open(partial(connected, http.client.HTTPConnection, self.reach), req)


class CheckedHttps(urllib.request.HTTPSHandler):
    """Connects to addresses within reach; certificates are checked against the name that was asked for."""

    def __init__(self, reach: Reach) -> None:
        super().__init__()
        self.reach = reach

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """Return the answer; raise ForbiddenAddressError before anything is sent."""
        return self.do_open(partial(connected, http.client.HTTPSConnection, self.reach), req)


class CheckedProxies(urllib.request.ProxyHandler):
    """Goes by the proxies of the environment, which must be within reach, as must what they are asked for."""

    def __init__(self, reach: Reach) -> None:
        super().__init__()
        self.reach = reach

    def proxy_open(self, req: urllib.request.Request, proxy: str, type: str) -> Any:  # noqa: A002  the name of the base
        """Return the answer of the proxy, or None where none is to be used; raise ForbiddenAddressError."""
        parts = urlsplit(req.full_url)
        with contextlib.suppress(OSError):  # of a name that only the proxy can look up
            self.reach.check(parts.hostname or "", parts.port or 0)
        return super().proxy_open(req, proxy, type)


def opener(reach: Reach, *following: urllib.request.BaseHandler) -> urllib.request.OpenerDirector:
    """Return an opener that speaks http and https and nothing else."""
    # build_opener() would add ftp, file and data, with which an address could read the pod's own files.
    director = urllib.request.OpenerDirector()
    for handler in (
        CheckedProxies(reach),
        CheckedHttp(reach),
        CheckedHttps(reach),
        *following,
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        director.add_handler(handler)
    return director


def code(error: urllib.error.HTTPError) -> str:
    """Return an object store's own word for the error: a bucket, a key or a user may be what is missing."""
    try:
        page = error.read(ERROR_BYTES)
    except (OSError, http.client.HTTPException):
        return ""
    found = re.search(rb"<Code>(\w{1,64})</Code>", page)
    return found[1].decode() if found else ""


def refusal(code: int, name: str, word: str = "") -> OSError | ValueError:
    """Return the built-in error that says what an HTTP status means for a file."""
    said = word or f"HTTP {code}"
    if code in (404, 410):
        return FileNotFoundError(f"{name}: not found ({said})")
    if code in (401, 403, 407):
        return DeniedError(f"{name}: access denied ({said})")
    if code in (408, 425, 429) or code >= 500:
        return ConnectionError(f"{name}: the server answered {said}")
    if 300 <= code < 400:
        return ValueError(
            f"{name}: redirects too often or to an insecure address (at most {MAX_REDIRECTS}, never from https"
            " to http); give the final address"
        )
    return ValueError(f"{name}: the server answered {said}")
