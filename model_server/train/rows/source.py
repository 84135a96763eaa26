"""From spec.data.uri to a file of rows whose digest is known."""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model_server.artifact.stores.credentials import Credentials, find_credentials
from model_server.artifact.stores.digest import digest_of
from model_server.artifact.stores.download import TooLargeError
from model_server.artifact.stores.fetch import fetch
from model_server.artifact.stores.uris import shown
from model_server.contract import reasons
from model_server.contract.manifest import RowSource, documents
from model_server.contract.outcome import InputRefused, TryAgain
from model_server.train.rows.codes import coded_columns
from model_server.train.rows.formats import format_of, read_table
from model_server.train.rows.texts import canonical, spelled, words_in

if TYPE_CHECKING:
    import pandas as pd

BUILTIN = "builtin://"
CONFIG_MAP = "configmap://"
BUNDLED = {
    "iris": "load_iris",
    "breast-cancer": "load_breast_cancer",
    "wine": "load_wine",
    "diabetes": "load_diabetes",
    "digits": "load_digits",
}


@dataclass(frozen=True)
class RowFile:
    """A file of rows on this machine; `name` is how messages call it."""

    path: Path
    name: str
    digest: str


def obtain(source: RowSource, instead: Path | None, directory: Path) -> RowFile:
    """Return the file of rows, checked against the pinned digest; `instead` is a file that replaces the uri.

    Raises InputRefused (DataNotFound, DataUnreadable, DigestMismatch, InvalidSpec, StoreFull) and TryAgain
    (DataNotFound of a ConfigMap, StoreUnavailable).
    """
    path = bundled(source.uri, directory) if source.uri.startswith(BUILTIN) and not instead else None
    place = "spec.data.credentialsSecretName"
    credentials = find_credentials("data", place, source.credentials_secret_name)
    path = path or fetched(
        local(instead, source, directory) if instead else source.uri, directory, credentials
    )
    found = RowFile(path, path.name, digest_of(path))
    if source.digest and found.digest != source.digest:
        raise InputRefused(
            reasons.DIGEST_MISMATCH,
            f"spec.data.digest: {found.name} has digest {found.digest}, {source.digest} is wanted; "
            "restore the file, or pin the new digest",
        )
    return found


def fetched(uri: str, directory: Path, credentials: Credentials) -> Path:
    """Return the local file at the uri; errors name spec.data.uri and say whether a retry may help."""
    try:
        return fetch(uri, directory, credentials)
    except FileNotFoundError as error:
        message = f"spec.data.uri: {error}; correct the uri or put the file there"
        if uri.startswith(CONFIG_MAP):
            # Applied together with this job, and perhaps a moment later.
            raise TryAgain(reasons.DATA_NOT_FOUND, message) from error
        raise InputRefused(reasons.DATA_NOT_FOUND, message) from error
    except ConnectionError as error:
        raise TryAgain(reasons.STORE_UNAVAILABLE, f"spec.data.uri: {error}") from error
    except (PermissionError, TooLargeError) as error:
        raise InputRefused(reasons.DATA_UNREADABLE, f"spec.data.uri: {error}") from error
    except ValueError as error:
        raise InputRefused(reasons.INVALID_SPEC, f"spec.data.uri: {error}") from error
    except OSError as error:
        raise InputRefused(
            reasons.STORE_FULL, f"spec.data.uri: {shown(uri)} cannot be kept: {error.strerror}"
        ) from error


def bundled(uri: str, directory: Path) -> Path:
    """Return a data set that comes with scikit-learn, as a csv file with the column `target`."""
    name = uri.removeprefix(BUILTIN)
    if name not in BUNDLED:
        raise InputRefused(
            reasons.DATA_NOT_FOUND, f"spec.data.uri: {uri} is not bundled; use one of {', '.join(BUNDLED)}"
        )
    load = getattr(importlib.import_module("sklearn.datasets"), BUNDLED[name])
    path = directory / f"{name}.csv"
    load(as_frame=True).frame.to_csv(path, index=False)
    return path


def local(instead: Path, source: RowSource, directory: Path) -> str:
    """Return the path given with --data; of a ConfigMap manifest, the file of rows inside it."""
    if instead.suffix not in (".yaml", ".yml") or not instead.is_file():
        return str(instead)
    name, _, key = source.uri.removeprefix("configmap://").partition("/")
    for manifest in config_maps(instead):
        if manifest.get("metadata", {}).get("name") == name and key in manifest.get("data", {}):
            path = directory / Path(key).name
            path.write_text(manifest["data"][key], encoding="utf-8")
            return str(path)
    raise InputRefused(
        reasons.DATA_NOT_FOUND, f'--data: {instead.name} holds no ConfigMap "{name}" with the key "{key}"'
    )


def config_maps(path: Path) -> list[dict[str, Any]]:
    """Return the ConfigMaps in a file of manifests."""
    try:
        found = documents(path.read_bytes())
    except ValueError as error:
        raise InputRefused(reasons.DATA_UNREADABLE, f"--data: {path.name}: {error}") from error
    return [one for one in found if isinstance(one, dict) and one.get("kind") == "ConfigMap"]


@dataclass(frozen=True)
class ReadRows:
    """All rows of a file in their canonical spelling.

    `words` has how many rows spell out, as their target, a text that means a missing value, such as NA.
    """

    frame: "pd.DataFrame"
    words: dict[str, int]


def read_rows(file: RowFile, source: RowSource) -> ReadRows:
    """Return the rows of the file, or raise InputRefused (DataEmpty, DataUnreadable, ColumnMissing)."""
    form = format_of(file.path, source.format)
    texts = {feature.name for feature in source.features if feature.type == "categorical"}
    # Text, so that labels and groups stay as they were written: 007, or whole numbers beyond 2**53.
    texts |= {name for name in (source.target, source.split.group_column) if name}
    texts |= coded_columns(file.path) if form == "csv" else set()
    frame = read_table(file.path, file.name, form, texts, source.missing_values)
    words: dict[str, int] = {}
    if source.target in frame.columns:
        words = words_in(spelled(frame[source.target]), source.missing_values)
    kept = texts if form == "csv" else set(map(str, frame.columns))
    return ReadRows(canonical(frame, source.missing_values, kept), words)
