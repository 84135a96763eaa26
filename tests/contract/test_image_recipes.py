"""What the images are made of: pinned, hashed, and nothing that belongs elsewhere."""

import json
import re
import tarfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.cluster.native.oci import sha256
from tests.images import builders
from tests.images.archive import write_archive
from tests.images.lock import DEVELOPMENT, ROOT, Lock, expand, make_locks, make_pins, read_project
from tests.images.recipe import COMPONENTS, IMAGES, MODEL_SERVER, OPERATOR, make_name, stage
from tests.images.wheels import list_platforms

LOCKS = {str(lock.path): lock for lock in make_locks(read_project())}
each_lock = pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
DOCKERFILES = {component.folder: ROOT / component.folder / "Dockerfile" for component in COMPONENTS}
each_dockerfile = pytest.mark.parametrize("path", DOCKERFILES.values(), ids=DOCKERFILES)


def read(lock: Lock) -> str:
    return (ROOT / lock.path).read_text()


def pins_of(path: str) -> dict[str, str]:
    return {
        canonicalize_name(name): version for name, version in make_pins((ROOT / path).read_text()).items()
    }


@each_lock
def test_every_requirement_of_the_project_is_pinned_as_it_asks(lock: Lock) -> None:
    pinned = pins_of(str(lock.path))
    for path in lock.besides:
        pinned |= pins_of(str(path))
    for requirement in map(Requirement, lock.wanted):
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)]), requirement


@each_lock
def test_every_pin_has_a_hash(lock: Lock) -> None:
    pins = re.split(r"\n(?=\S)", read(lock))
    assert [pin for pin in pins if "==" in pin and "--hash=sha256:" not in pin] == []


@each_lock
def test_no_file_says_where_packages_come_from(lock: Lock) -> None:
    assert re.findall(r"https?://|--index-url|--find-links", read(lock)) == []


@each_lock
def test_one_version_of_each_package_everywhere(lock: Lock) -> None:
    if lock.path.name == "requirements-pip.txt":
        return
    everywhere = pins_of(str(DEVELOPMENT))
    assert {name: pin for name, pin in pins_of(str(lock.path)).items() if everywhere[name] != pin} == {}


def test_the_server_knows_no_kubernetes_and_the_operator_no_numbers() -> None:
    assert {"kubernetes", "kopf", "aiohttp", "pandas"} & set(
        pins_of("model_server/requirements.txt")
    ) == set()
    assert {"numpy", "scikit-learn", "scipy"} & set(pins_of("operator/requirements.txt")) == set()


def test_the_trainer_adds_to_the_server_and_repeats_nothing() -> None:
    added = set(pins_of("model_server/requirements-train.txt"))
    assert added & set(pins_of("model_server/requirements.txt")) == set()
    assert {"pandas", "pyarrow"} <= added


EXPANDED: dict[str, tuple[dict[str, list[str]], tuple[str, ...]]] = {
    "an extra without others is itself": ({"a": ["x>=1", "y"]}, ("x>=1", "y")),
    "an extra of ours becomes its requirements": ({"a": ["leeway[b]", "x"], "b": ["y"]}, ("y", "x")),
    "several at once, each only once": ({"a": ["leeway[b,c]"], "b": ["y"], "c": ["y", "z"]}, ("y", "z")),
    "extras of strangers stay": ({"a": ["x[fast]>=1"]}, ("x[fast]>=1",)),
}


@pytest.mark.parametrize(("extras", "want"), EXPANDED.values(), ids=EXPANDED)
def test_expand(extras: dict[str, list[str]], want: tuple[str, ...]) -> None:
    assert expand(extras, "a") == want


@each_dockerfile
def test_a_dockerfile_names_no_registry_and_pulls_nothing_else(path: Path) -> None:
    text = path.read_text()
    stages = set(re.findall(r"^FROM \S+ AS (\S+)", text, re.MULTILINE))
    bases = set(re.findall(r"^FROM (\S+)", text, re.MULTILINE))
    assert bases - stages == {"${BASE}"}
    assert re.findall(r"^ARG BASE=(\S+)", text, re.MULTILINE) == ["python:3.11-slim-bookworm"]
    assert not re.search(r"https?://|apt-get|curl|wget|^ADD|^# *syntax", text, re.MULTILINE)


@each_dockerfile
def test_every_install_is_offline_and_hashed(path: Path) -> None:
    installs = re.findall(r"pip install(.*?)-r\w* ", path.read_text(), re.DOTALL)
    assert len(installs) == len(re.findall("pip install", path.read_text()))
    assert all("--no-index" in install and "--require-hashes" in install for install in installs)


@each_dockerfile
def test_every_image_runs_as_a_user_without_a_name_of_its_own(path: Path) -> None:
    assert set(re.findall(r"^USER (.*)$", path.read_text(), re.MULTILINE)) == {"65532:65532"}


def test_every_image_has_a_stage_to_stop_at() -> None:
    for image in IMAGES:
        assert f" AS {image.target}\n" in DOCKERFILES[image.component.folder].read_text()


def test_the_name_changes_with_the_source_and_with_nothing_else(tmp_path: Path) -> None:
    stage(OPERATOR, tmp_path / "first")
    stage(OPERATOR, tmp_path / "second")
    (image,) = (image for image in IMAGES if image.component is OPERATOR)
    first = make_name(image, "1.0", "base", tmp_path / "first")
    assert make_name(image, "1.0", "base", tmp_path / "second") == first
    assert make_name(image, "1.0", "another", tmp_path / "second") != first
    (tmp_path / "second" / "leeway" / "__init__.py").write_text("changed")
    assert make_name(image, "1.0", "base", tmp_path / "second") != first
    assert re.fullmatch(r"localhost/leeway-operator:1\.0-[0-9a-f]{12}", first.exact)
    assert first.released == "localhost/leeway-operator:1.0"


def test_what_is_staged_has_no_traces_of_runs(tmp_path: Path) -> None:
    stage(MODEL_SERVER, tmp_path / "staged")
    names = {path.name for path in (tmp_path / "staged").rglob("*")}
    assert [name for name in names if name == "__pycache__" or name.startswith(".")] == []
    assert {"Dockerfile", "requirements.txt", "__main__.py"} <= names


def test_wheels_for_this_base_or_older_ones_fit() -> None:
    platforms = list_platforms("aarch64")
    assert platforms[0] == "manylinux_2_36_aarch64"
    assert {"manylinux_2_17_aarch64", "manylinux_2_28_aarch64", "manylinux2014_aarch64"} <= set(platforms)


SAVING = {
    "docker": (builders.make_docker(), "docker save --output /a b/image.tar x:1"),
    "podman": (builders.make_podman(), "podman save --format oci-archive --output /a b/image.tar x:1"),
    "buildah": (builders.make_buildah(), "push --disable-compression x:1 dir:/a b/image.tar"),
}


@pytest.mark.parametrize(("builder", "want"), SAVING.values(), ids=SAVING)
def test_a_path_with_a_space_stays_one_word(builder: builders.Builder, want: str) -> None:
    command = builder.command(*builders.fill(builder.saving, path="/a b/image.tar", name="x:1"))
    assert " ".join(command).endswith(want)
    assert len([word for word in command if word.endswith("/a b/image.tar")]) == 1


@pytest.fixture
def pushed(tmp_path: Path) -> dict[str, str]:
    """A folder as buildah leaves it, with two layers; name → digest."""
    blobs = {"config": b"{}", "below": b"below", "above": b"above"}
    digests = {name: f"sha256:{sha256(blob)}" for name, blob in blobs.items()}
    for name, blob in blobs.items():
        (tmp_path / digests[name].removeprefix("sha256:")).write_bytes(blob)
    layers = [{"digest": digests["below"]}, {"digest": digests["above"]}]
    manifest = {"config": {"digest": digests["config"]}, "layers": layers}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    return digests


def list_blobs(archive: Path) -> set[str]:
    with tarfile.open(archive) as tar:
        return {
            name.replace("blobs/sha256/", "sha256:") for name in tar.getnames() if name.startswith("blobs")
        }


def test_an_archive_leaves_out_the_layers_that_are_there(tmp_path: Path, pushed: dict[str, str]) -> None:
    write_archive(tmp_path, "localhost/x:1", {pushed["below"]}, tmp_path / "a.tar")
    blobs = list_blobs(tmp_path / "a.tar")
    assert pushed["below"] not in blobs
    assert {pushed["above"], pushed["config"]} < blobs


def test_an_archive_for_a_stranger_is_whole(tmp_path: Path, pushed: dict[str, str]) -> None:
    write_archive(tmp_path, "localhost/x:1", (), tmp_path / "a.tar")
    assert set(pushed.values()) < list_blobs(tmp_path / "a.tar")
