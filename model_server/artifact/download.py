"""Downloads over http and https with time limits; a secure address is never left for an insecure one."""

import base64
import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from model_server.artifact.credentials import DeniedError

BLOCK_BYTES = 1 << 20
SILENCE_SECONDS = 30


def download(uri: str, name: str, token: str = "") -> Iterator[bytes]:
    """Yield the body in blocks; `name` stands for the address in errors, `token` is a bearer token.

    Raises FileNotFoundError, PermissionError, ValueError, or ConnectionError when a retry may help.
    """
    try:
        with opener().open(request(uri, token), timeout=SILENCE_SECONDS) as response:
            yield from whole_body(response, name)
    except urllib.error.HTTPError as error:
        error.close()
        raise refusal(error.code, name) from None
    except urllib.error.URLError as error:
        raise ConnectionError(f"{name}: {error.reason}") from None
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
    """Follows redirects, but from https to https only."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        """Return the next request, or None, which ends in the redirect's own status."""
        if req.type == "https" and urlsplit(newurl).scheme != "https":
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def opener() -> urllib.request.OpenerDirector:
    """Return an opener that speaks http and https and nothing else."""
    # build_opener() would add ftp, file and data, with which an address could read the pod's own files.
    director = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        SecureRedirects(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        director.add_handler(handler)
    return director


def refusal(code: int, name: str) -> OSError | ValueError:
    """Return the built-in error that says what an HTTP status means for a file."""
    if code in (404, 410):
        return FileNotFoundError(f"{name}: not found (HTTP {code})")
    if code in (401, 403, 407):
        return DeniedError(f"{name}: access denied (HTTP {code})")
    if code in (408, 425, 429) or code >= 500:
        return ConnectionError(f"{name}: the server answered HTTP {code}")
    if 300 <= code < 400:
        return ValueError(f"{name}: redirects without end or to an insecure address; give the final address")
    return ValueError(f"{name}: the server answered HTTP {code}")
