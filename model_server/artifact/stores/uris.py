"""Where files are: the parts of a uri, and how much of it messages may show."""

from pathlib import PurePosixPath
from urllib.parse import SplitResult, unquote, urlsplit

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


def shown(uri: str) -> str:
    """Return the uri as messages may show it: without user name, password, query and fragment."""
    parts = split(uri)
    if not parts.scheme:
        return parts.path
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def file_name(parts: SplitResult) -> str:
    """Return the last segment of the path as a plain file name."""
    name = PurePosixPath(unquote(parts.path)).name
    return name if name.strip(". ") and "\0" not in name else "download"
