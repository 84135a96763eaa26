"""Hostile and damaged model files: all refused, and nothing in them ever runs."""

import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import sklearn
import skops.io
from sklearn.cluster import KMeans
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import model_server
from model_server.artifact.models.model_file import model_from_bytes, read_model
from model_server.contract.outcome import InputRefused
from tests.server.models import make_loan_model, make_point_model

ROWS = np.array([[0.0, 0.1], [0.3, 0.0], [1.0, 0.9], [0.8, 1.0]] * 20)
LABELS = np.array([0, 0, 1, 1] * 20)


class Marker:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.path}",)


def pickled(marker: Path) -> bytes:
    """Return a pickle that runs a command."""
    return pickle.dumps(Marker(marker))


def dumped_by_joblib(marker: Path) -> bytes:
    """Return a joblib file that runs a command."""
    file = io.BytesIO()
    joblib.dump({"model": Marker(marker)}, file)
    return file.getvalue()


def dumped(model: Any) -> bytes:
    """Return the model as skops writes it."""
    return bytes(skops.io.dumps(model))


def zip_of(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def pickle_in_zip(marker: Path) -> bytes:
    """Return an archive whose schema is a pickle."""
    return zip_of({"schema.json": pickled(marker)})


def pickle_behind_zip(marker: Path) -> bytes:
    """Return a file that starts as a pickle and ends as an archive."""
    return pickled(marker) + zip_of({"schema.json": b"{}"})


def schema_of(node: dict[str, Any], **members: bytes) -> bytes:
    """Return a skops archive with this root."""
    schema = {"protocol": 2, "_skops_version": "0.16.0", "__id__": 1} | node
    return zip_of({"schema.json": json.dumps(schema).encode(), **members})


def text(value: str) -> dict[str, Any]:
    """Return the node of a text."""
    return {
        "__class__": "str",
        "__module__": "builtins",
        "__loader__": "JsonNode",
        "content": json.dumps(value),
        "is_json": True,
    }


def call(module: str, name: str, *arguments: str) -> dict[str, Any]:
    """Return a node that builds an object by calling a class with texts."""
    items = {
        "__class__": "tuple",
        "__module__": "builtins",
        "__loader__": "TupleNode",
        "content": [text(one) for one in arguments],
    }
    return {
        "__class__": name,
        "__module__": module,
        "__loader__": "ConstructorFromReduceNode",
        "content": items,
    }


def numpy_pickle(marker: Path) -> bytes:
    """Return an archive with an array of objects, which numpy would unpickle."""
    file = io.BytesIO()
    np.save(file, np.array([Marker(marker)], dtype=object), allow_pickle=True)
    node = {
        "__class__": "ndarray",
        "__module__": "numpy",
        "__loader__": "NdArrayNode",
        "type": "numpy",
        "file": "a.npy",
    }
    return schema_of(node, **{"a.npy": file.getvalue()})


def unchanged(rows: Any) -> Any:
    """Return what was given; a function of ours all the same."""
    return rows


def with_function(marker: Path) -> bytes:
    """Return a pipeline that calls one of our own functions."""
    return dumped(make_pipeline(FunctionTransformer(unchanged), LogisticRegression()).fit(ROWS, LABELS))


def with_bound_method(marker: Path) -> bytes:
    """Return a pipeline step that would call a method of a trusted estimator."""
    return dumped(FunctionTransformer(make_point_model().predict))


def with_partial(marker: Path) -> bytes:
    """Return a function with arguments already in it."""
    part = {"func": text("x"), "args": text("x"), "kwds": text("x"), "namespace": text("x")}
    return schema_of(
        {"__class__": "partial", "__module__": "functools", "__loader__": "PartialNode", "content": part}
    )


def reader_of_files(marker: Path) -> bytes:
    """Return an estimator that opens the files its rows name, which skops trusts."""
    marker.with_name("words").write_text("some words")
    return dumped(CountVectorizer(input="filename").fit([str(marker.with_name("words"))]))


def in_old_protocol(_: Path) -> bytes:
    """Return a good model that claims an older protocol, whose functions are named elsewhere."""
    content = dumped(make_point_model())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["schema.json"] = members["schema.json"].replace(b'"protocol": 2', b'"protocol": 1')
    return zip_of(members)


def zeros(megabytes: int) -> bytes:
    """Return zeros."""
    return bytes(megabytes << 20)


HOSTILE: dict[str, Callable[[Path], bytes]] = {
    "a pickle": pickled,
    "a joblib file": dumped_by_joblib,
    "a pickle of the second protocol": lambda marker: pickle.dumps(Marker(marker), protocol=2),
    "an archive whose schema is a pickle": pickle_in_zip,
    "a pickle that is also an archive": pickle_behind_zip,
    "an array of objects": numpy_pickle,
    "a function of ours": with_function,
    "a method": with_bound_method,
    "a partial": with_partial,
    "a reader of files": reader_of_files,
    "an estimator that is never trained here": lambda _: dumped(KMeans(2, n_init=1).fit(ROWS)),
    "a function of numpy": lambda _: dumped(FunctionTransformer(np.exp).fit(ROWS)),
    "an array of any size": lambda _: schema_of(call("numpy", "ndarray", "9")),
    "an older protocol": in_old_protocol,
    "os.system": lambda marker: schema_of(call("os", "system", f"touch {marker}")),
    "posix.system": lambda marker: schema_of(call("posix", "system", f"touch {marker}")),
    "eval": lambda marker: schema_of(call("builtins", "eval", f"open({str(marker)!r}, 'w')")),
    "exec": lambda marker: schema_of(call("builtins", "exec", f"open({str(marker)!r}, 'w')")),
    "open": lambda marker: schema_of(call("builtins", "open", str(marker), "w")),
    "Path": lambda marker: schema_of(call("pathlib", "Path", str(marker))),
    "Popen": lambda marker: schema_of(call("subprocess", "Popen", f"touch {marker}")),
    "import": lambda _: schema_of(call("importlib", "import_module", "antigravity")),
    "ctypes": lambda _: schema_of(call("ctypes", "CDLL", "libc.so.6")),
    "a type nobody has": lambda _: schema_of(call("nowhere", "Thing")),
    "a loader nobody has": lambda _: schema_of(
        {"__class__": "a", "__module__": "b", "__loader__": "EvilNode"}
    ),
    "an operator": lambda _: schema_of(
        {
            "__class__": "methodcaller",
            "__module__": "operator",
            "__loader__": "OperatorFuncNode",
            "attrs": text("x"),
        }
    ),
    "a protocol of the future": lambda _: schema_of(text("x") | {"protocol": 10**6}),
    "no protocol": lambda _: zip_of({"schema.json": b"{}"}),
    "a schema that is a list": lambda _: zip_of({"schema.json": b"[]"}),
    "a schema deeper than Python": lambda _: zip_of({"schema.json": b"[" * 10**6}),
    "a schema that refers to itself": lambda _: schema_of(
        {"__loader__": "CachedNode", "__class__": None, "__module__": None}
    ),
    "no schema": lambda _: zip_of({"model.json": b"{}"}),
    "an empty archive": lambda _: zip_of({}),
    "an empty file": lambda _: b"",
    "a text": lambda _: b"model",
    "an archive cut in half": lambda _: skops.io.dumps(make_point_model())[:-200],
    "a schema that unpacks to 129 MiB": lambda _: zip_of({"schema.json": zeros(129)}),
    "a member that unpacks to a thousand times its size": lambda _: zip_of(
        {"schema.json": b"{}", "1.npy": zeros(65)}
    ),
    "fifty thousand members": lambda _: zip_of({f"{i}": b"" for i in range(50_001)}, zipfile.ZIP_STORED),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_refused_and_nothing_runs(tmp_path: Path, case: str) -> None:
    marker = tmp_path / "marker"
    path = tmp_path / "model.skops"
    path.write_bytes(HOSTILE[case](marker))
    with pytest.raises(InputRefused) as refused:
        read_model(path)
    assert refused.value.reason in {"UnsafeArtifact", "ArtifactUnreadable"}
    assert not marker.exists()


def test_a_small_file_that_unpacks_to_much_is_refused_by_its_ratio() -> None:
    with pytest.raises(InputRefused, match="68157442 unpacked bytes, more than the allowed 67108864; train"):
        model_from_bytes(zip_of({"schema.json": b"{}", "1.npy": zeros(65)}))


def test_the_marker_would_have_appeared(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    pickle.loads(pickled(marker))
    assert marker.exists()


def test_an_archive_that_unpacks_to_gigabytes_is_refused_before_it_is_unpacked() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("schema.json", "a.npy"):
            archive.writestr(name, b"{}")
    content = bytearray(bomb.getvalue())
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (3 << 30).to_bytes(4, "little")
    with pytest.raises(InputRefused, match="unpacked bytes"):
        model_from_bytes(bytes(content))


def test_no_module_of_the_server_can_unpickle() -> None:
    source = Path(model_server.__file__).parent
    words = ("pickle", "joblib", "marshal", "shelve", "eval(", "exec(", "__import__")
    found = [
        (path.name, word)
        for path in source.rglob("*.py")
        for line in path.read_text().splitlines()
        for word in words
        if word in line and ("import" in line or "(" in word) and not line.lstrip().startswith("#")
    ]
    assert found == []


def test_a_model_is_what_it_was(tmp_path: Path) -> None:
    path = tmp_path / "model.skops"
    model = make_loan_model()
    path.write_bytes(dumped(model))
    rows = np.array([[50.0, 33.0, "own", 1.0], [float("nan"), 20.0, "boat", 0.0]], dtype=object)
    assert np.array_equal(read_model(path).predict_proba(rows), model.predict_proba(rows))


def written_by(version: str) -> bytes:
    """Return a model that another scikit-learn wrote."""
    with zipfile.ZipFile(io.BytesIO(dumped(make_point_model()))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    this = f'\\"{sklearn.__version__}\\"'.encode()
    assert this in members["schema.json"]
    members["schema.json"] = members["schema.json"].replace(this, f'\\"{version}\\"'.encode())
    return zip_of(members)


@pytest.mark.parametrize("version", ["1.2.0", "2.9.1"])
def test_a_model_of_another_library_version_is_refused(version: str) -> None:
    with pytest.raises(InputRefused) as refused:
        model_from_bytes(written_by(version))
    assert refused.value.reason == "VersionMismatch"
    assert version in refused.value.message


def test_a_model_of_another_patch_release_is_read() -> None:
    minor = sklearn.__version__.rpartition(".")[0]
    assert model_from_bytes(written_by(f"{minor}.99")).predict([[0.0, 0.0]]).tolist() == [0]
