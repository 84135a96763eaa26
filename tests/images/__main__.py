"""``make images``: lock, wheels, build, load, all, names."""

import argparse
import sys
from collections.abc import Callable

from tests.cluster.native.layout import get_home
from tests.cluster.native.refusal import RefusedError
from tests.images.build import build_images, read_names
from tests.images.builders import get_builder
from tests.images.folders import release_mounts
from tests.images.load import load_images
from tests.images.lock import write_locks
from tests.images.recipe import COMPONENTS
from tests.images.wheels import fetch_wheels


def lock() -> None:
    """Pin what pyproject.toml asks for; pins that still fit stay."""
    write_locks(upgrade=False)


def upgrade() -> None:
    """Pin the newest releases that pyproject.toml allows and that are at least a week old."""
    write_locks(upgrade=True)


def wheels() -> None:
    """Fetch the wheels and print their folders."""
    for component in COMPONENTS:
        print(f"{component.folder}\t{fetch_wheels(component)}")


def build() -> None:
    """Build the images whose inputs changed."""
    home = get_home()
    build_images(get_builder(), home)
    names()


def load() -> None:
    """Put the images that were built last into the cluster."""
    home = get_home()
    load_images(get_builder(), home, read_names())


def everything() -> None:
    """Build, then load."""
    home = get_home()
    builder = get_builder()
    load_images(builder, home, build_images(builder, home))
    names()


def names() -> None:
    """Print what was built last, one image a line: short name, tab, full name."""
    for short, image in read_names().items():
        print(f"{short}\t{image.image}")


VERBS: dict[str, Callable[[], None]] = {
    "lock": lock,
    "upgrade": upgrade,
    "wheels": wheels,
    "build": build,
    "load": load,
    "all": everything,
    "names": names,
}


def main() -> int:
    """Do what the verb says; a refusal is one message and exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.images", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, action in VERBS.items():
        verbs.add_parser(verb, help=action.__doc__)
    try:
        VERBS[parser.parse_args().verb]()
    except RefusedError as refusal:
        print(f"images: {refusal}", file=sys.stderr)
        return 1
    finally:
        release_mounts()
    return 0


if __name__ == "__main__":
    sys.exit(main())
