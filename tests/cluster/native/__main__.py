"""The command line: ``python -m tests.cluster.native VERB``."""

import argparse
import contextlib
import sys
from collections.abc import Callable
from pathlib import Path

from tests.cluster.native import base_image, lifecycle, ways
from tests.cluster.native.layout import Home, get_home
from tests.cluster.native.programs import get_built
from tests.cluster.native.refusal import RefusedError

Verb = Callable[[Home, argparse.Namespace], bool | None]
PROGRAMS_TO_PRINT = ("kubectl", "helm", "etcdctl", "versitygw")


def up(home: Home, _: argparse.Namespace) -> None:
    """Make the cluster, or find it running."""
    ways.up(home)


def down(home: Home, _: argparse.Namespace) -> None:
    """Leave nothing of the cluster behind."""
    ways.down(home)


def status(home: Home, _: argparse.Namespace) -> bool:
    """Say what runs; exit 0 only if all is healthy."""
    return ways.status(home)


def kubeconfig(home: Home, _: argparse.Namespace) -> None:
    """Print the path of the kubeconfig."""
    print(ways.get_kubeconfig(home))


def start(home: Home, arguments: argparse.Namespace) -> None:
    """Start one component."""
    ways.require_native(home)
    lifecycle.start_component(home, arguments.name)


def stop(home: Home, arguments: argparse.Namespace) -> None:
    """Stop one component."""
    ways.require_native(home)
    lifecycle.stop_component(home, arguments.name)


def restart(home: Home, arguments: argparse.Namespace) -> None:
    """Stop one component and start it again."""
    stop(home, arguments)
    start(home, arguments)


def load(home: Home, arguments: argparse.Namespace) -> None:
    """Load an image archive under a name."""
    ways.load(home, arguments.archive, arguments.name)


def make_base_image(home: Home, _: argparse.Namespace) -> None:
    """Make the base image once; print its name and its archive."""
    archive = base_image.make_base_image(home)
    print(base_image.BASE_IMAGE, archive)


def print_program(home: Home, arguments: argparse.Namespace) -> None:
    """Print the program's path, built now if it is absent."""
    # Progress must not mix with the path that a script reads.
    with contextlib.redirect_stdout(sys.stderr):
        path = get_built(home, arguments.verb)
    print(path)


def make_parser() -> argparse.ArgumentParser:
    """Return the parser with its verbs."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster.native", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def add(name: str, verb: Verb, help_text: str | None = None) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=help_text or verb.__doc__)
        added.set_defaults(run=verb)
        return added

    for name, plain in (("up", up), ("down", down), ("status", status), ("kubeconfig", kubeconfig)):
        add(name, plain)
    for name, single in (("start", start), ("stop", stop), ("restart", restart)):
        add(name, single).add_argument("name", help="a component, such as apiserver")
    loading = add("load", load)
    loading.add_argument("archive", type=Path, help="an OCI archive of one image")
    loading.add_argument("name", help="the image's name in the cluster")
    add("base-image", make_base_image)
    for name in PROGRAMS_TO_PRINT:
        add(name, print_program, f"Print the path of {name}, built now if it is absent.")
    return parser


def main() -> int:
    """Return 0 when the verb did what it says, 1 when it could not."""
    arguments = make_parser().parse_args()
    try:
        return 1 if arguments.run(get_home(), arguments) is False else 0
    except RefusedError as refused:
        print(refused, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
