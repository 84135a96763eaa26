"""What an image is made of, and the name that follows from it."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.images.lock import INSTALLER, ROOT

LEFT_OUT = ("__pycache__", ".*", "*.pyc")


@dataclass(frozen=True, slots=True)
class Component:
    """A build context: its folder and the requirement files whose wheels its Dockerfile installs."""

    folder: str
    requirements: tuple[str, ...]

    @property
    def locks(self) -> tuple[Path, ...]:
        """Paths of the requirement files, the installer's own included."""
        return (*(ROOT / self.folder / name for name in self.requirements), ROOT / INSTALLER)


@dataclass(frozen=True, slots=True)
class Image:
    """One image: its short name, the component it is built from, and the stage to stop at."""

    short: str
    component: Component
    target: str

    @property
    def repository(self) -> str:
        """The name without a tag; its host part says that nobody has to be asked for it."""
        return f"localhost/leeway-{self.short}"


OPERATOR = Component("operator", ("requirements.txt",))
MODEL_SERVER = Component("model_server", ("requirements.txt", "requirements-train.txt"))
COMPONENTS = (OPERATOR, MODEL_SERVER)
IMAGES = (
    Image("operator", OPERATOR, "operator"),
    Image("server", MODEL_SERVER, "server"),
    Image("trainer", MODEL_SERVER, "trainer"),
)


@dataclass(frozen=True, slots=True)
class Name:
    """What to call a built image: the release's tag, and one that changes with every input."""

    repository: str
    version: str
    content: str

    @property
    def exact(self) -> str:
        """The name that can only mean these bytes: deploy this one while developing."""
        return f"{self.repository}:{self.version}-{self.content}"

    @property
    def released(self) -> str:
        """The name of the release."""
        return f"{self.repository}:{self.version}"


def stage(component: Component, folder: Path) -> None:
    """The folder holds a copy of the component's context: what is hashed is what is built."""
    shutil.copytree(ROOT / component.folder, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))


def make_name(image: Image, version: str, base: str, staged: Path) -> Name:
    """Return what the image is called when it is built from that context on that base."""
    digest = hashlib.sha256(f"{base} {(ROOT / INSTALLER).read_text()}".encode())
    for path in sorted(found for found in staged.rglob("*") if found.is_file()):
        content = path.read_bytes()
        digest.update(f"\0{path.relative_to(staged)}\0{len(content)}\0".encode())
        digest.update(content)
    return Name(image.repository, version, digest.hexdigest()[:12])
