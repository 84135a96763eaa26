"""Archives hold what they say, and names are found as Kubernetes looks them up."""

import json
import tarfile
from pathlib import Path

import pytest

from tests.cluster.native import oci
from tests.cluster.native.container_images import load, make_full_name
from tests.cluster.native.layout import Home
from tests.cluster.native.refusal import RefusedError

NAMES = {
    "a tag is kept": ("localhost/base:1", "localhost/base:1"),
    "no tag is the latest": ("localhost/base", "localhost/base:latest"),
}


@pytest.mark.parametrize(("name", "want"), NAMES.values(), ids=NAMES)
def test_full_name(name: str, want: str) -> None:
    assert make_full_name(name) == want


def test_a_name_that_a_node_would_pull_is_refused() -> None:
    with pytest.raises(RefusedError, match="localhost/base:1"):
        make_full_name("base:1")


def write(archive: Path) -> None:
    """Write a small image."""
    layer = oci.make_tar({"program": b"text"}, mode=0o755)
    oci.write_image(archive, "localhost/x:1", layer, {"Entrypoint": ["/program"]})


def test_an_image_is_written_the_same_twice(tmp_path: Path) -> None:
    write(tmp_path / "one")
    write(tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_every_blob_is_what_its_name_says(tmp_path: Path) -> None:
    write(tmp_path / "image")
    with tarfile.open(tmp_path / "image") as tar:
        files = {member.name: tar.extractfile(member) for member in tar}
        texts = {name: file.read() for name, file in files.items() if file}
    blobs = {name: text for name, text in texts.items() if name.startswith("blobs/")}
    assert len(blobs) == 3
    assert all(name == f"blobs/sha256/{oci.sha256(text)}" for name, text in blobs.items())
    (entry,) = json.loads(texts["index.json"])["manifests"]
    assert entry["digest"] == oci.get_digest(tmp_path / "image")
    assert entry["annotations"] == {"org.opencontainers.image.ref.name": "localhost/x:1"}


def test_every_layer_has_its_history(tmp_path: Path) -> None:
    write(tmp_path / "image")
    with tarfile.open(tmp_path / "image") as tar:
        texts = [file.read() for member in tar if (file := tar.extractfile(member)) and member.size < 4096]
    config = next(json.loads(text) for text in texts if b"diff_ids" in text and text.startswith(b"{"))
    assert len(config["history"]) == len(config["rootfs"]["diff_ids"])


def write_two_images(archive: Path) -> None:
    """Write an archive with two images."""
    archive.write_bytes(oci.make_tar({"index.json": b'{"manifests": [{}, {}]}'}, mode=0o644))


BROKEN = {
    "no tar": (lambda path: path.write_bytes(b"x" * 2000), "is no OCI archive"),
    "a tar of something else": (lambda path: path.write_bytes(oci.make_tar({"a": b""}, 0o644)), "is no OCI"),
    "two images": (write_two_images, "holds 2 images"),
}


@pytest.mark.parametrize(("make", "want"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_archive_of_one_image_is_refused(tmp_path: Path, make: object, want: str) -> None:
    assert callable(make)
    make(tmp_path / "image")
    with pytest.raises(RefusedError, match=want):
        oci.get_digest(tmp_path / "image")


def test_a_missing_archive_is_refused_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match=r"There is no archive .*absent"):
        load(Home(tmp_path), tmp_path / "absent", "x")
