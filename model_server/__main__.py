"""`python -m model_server serve | train | verify`: the one entry of both images."""

import os
import sys
from argparse import ArgumentParser, Namespace
from importlib.util import find_spec
from pathlib import Path

from model_server.contract.termination import exit_on_sigterm

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
USAGE_EXIT = 2


def main(argv: list[str]) -> int:
    """Run the command and return the exit code."""
    if argv[:1] == ["train"]:
        return start_trainer(argv[1:])
    options = make_parser().parse_args(argv)
    limit_threads()
    return start_server(options) if options.command == "serve" else start_verifier(options)


def start_trainer(argv: list[str]) -> int:
    """Train; the serving image has no trainer, and says so."""
    # The serving image leaves the package out (see the Dockerfile), so it is looked for before it is imported.
    if find_spec("model_server.train") is None:
        sys.stderr.write("this image serves and verifies; use the trainer image to train\n")
        return USAGE_EXIT
    from model_server.train.__main__ import main as train  # noqa: PLC0415  absent in the serving image

    exit_on_sigterm()
    return train(argv)


def make_parser() -> ArgumentParser:
    """Return the parser of serve and verify; train has its own."""
    parser = ArgumentParser(prog="model_server", description="Serve, verify or train one version of a model.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="answer requests with one version")
    add_source(serve)
    serve.add_argument("--host", default="0.0.0.0", help="address to listen on (default: all)")  # noqa: S104  a pod's
    serve.add_argument("--port", type=int, default=8080, help="port to listen on (default: 8080)")
    serve.add_argument(
        "--metrics-port",
        type=int,
        default=0,
        metavar="PORT",
        help="a second port for health and metrics alone (default: 0, none; --port answers them too)",
    )
    add_source(commands.add_parser("verify", help="prove that a version serves in this image"))
    commands.add_parser("train", help="train a version (train --help)", add_help=False)
    return parser


def add_source(parser: ArgumentParser) -> None:
    """Add the two ways to name a version."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--version", type=Path, metavar="MANIFEST", help="a ModelVersion, JSON or YAML")
    source.add_argument("--model", type=Path, metavar="DIR", help="a directory that train has written")


def limit_threads() -> None:
    """Keep numeric libraries to one thread each unless told otherwise; they read this when they are imported.

    With one pool per library on few cores, requests of boosted trees fall below one a second.
    """
    for name in THREADS:
        os.environ.setdefault(name, "1")


def start_server(options: Namespace) -> int:
    """Serve until told to stop and return the exit code."""
    from model_server.http.port.server import serve  # noqa: PLC0415
    from model_server.logs import configure_logs  # noqa: PLC0415
    from model_server.settings import InvalidSetting, read_settings  # noqa: PLC0415
    from model_server.version.load import load_served  # noqa: PLC0415  after limit_threads

    try:
        settings = read_settings(os.environ)
    except InvalidSetting as error:
        sys.stderr.write(f"{error}\n")
        return USAGE_EXIT
    configure_logs(settings.log_level)
    manifest, beside = source_of(options)
    return serve(
        lambda: load_served(manifest, beside, settings),
        settings,
        options.host,
        (options.port, options.metrics_port),
    )


def start_verifier(options: Namespace) -> int:
    """Report whether the version serves in this image and return the exit code."""
    from model_server.version.verify import verify  # noqa: PLC0415  after limit_threads

    return verify(*source_of(options))


def source_of(options: Namespace) -> tuple[Path, Path | None]:
    """Return the manifest and the directory whose files go before its uris."""
    if options.model is None:
        return options.version, None
    return options.model / "modelversion.json", options.model


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
