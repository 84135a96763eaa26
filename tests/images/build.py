"""Build what is not built yet, and write down what it is called."""

import json
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.cluster.native.layout import Home
from tests.cluster.native.refusal import RefusedError
from tests.images.base import get_base
from tests.images.builders import Builder
from tests.images.folders import get_images
from tests.images.lock import read_project
from tests.images.recipe import COMPONENTS, IMAGES, Image, Name, make_name, stage
from tests.images.wheels import fetch_wheels


@dataclass(frozen=True, slots=True)
class Built:
    """One image as others need to know it."""

    image: str  # the exact name: deploy this one
    released: str
    repository: str
    tag: str


def build_images(builder: Builder, home: Home) -> dict[str, Built]:
    """Every image exists for the sources as they are now; images of unchanged sources are left alone."""
    base, version = get_base(builder, home), read_project()["version"]
    built: dict[str, Built] = {}
    with tempfile.TemporaryDirectory(prefix="leeway-images-") as scratch:
        for component in COMPONENTS:
            stage(component, Path(scratch, component.folder))
        for image in IMAGES:
            context = Path(scratch, image.component.folder)
            name = make_name(image, version, base, context)
            build_if_absent(builder, image, name, base, context)
            built[image.short] = make_built(name)
    write_names(built)
    return built


def build_if_absent(builder: Builder, image: Image, name: Name, base: str, context: Path) -> None:
    """The image exists; one line says how long it took if it had to be built."""
    if builder.has(name.exact):
        return
    wheels = fetch_wheels(image.component)
    started = time.monotonic()
    builder.build(name, image.target, base, context, wheels)
    print(f"built {name.exact} with {builder.program} in {time.monotonic() - started:.1f} s", flush=True)


def make_built(name: Name) -> Built:
    """Return the image's names in the form that is written down."""
    return Built(name.exact, name.released, name.repository, name.exact.removeprefix(f"{name.repository}:"))


def write_names(built: dict[str, Built]) -> None:
    """The names file says what was built last."""
    names = get_images() / "names.json"
    names.parent.mkdir(parents=True, exist_ok=True)
    half_made = names.with_suffix(".part")
    plain = {short: asdict(image) for short, image in built.items()}
    half_made.write_text(json.dumps(plain, indent=2) + "\n")
    half_made.rename(names)


def read_names() -> dict[str, Built]:
    """Return what was built last, by short name (operator, server, trainer)."""
    names = get_images() / "names.json"
    if not names.exists():
        raise RefusedError(f"{names} is not there: run python -m tests.images build")
    return {short: Built(**image) for short, image in json.loads(names.read_text()).items()}
