"""Pin every dependency with its hashes: pyproject.toml in, requirement files out."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.native.refusal import RefusedError

ROOT = Path(__file__).parents[2]
PYTHON = "3.11"
# Releases younger than this have not been looked at by anybody yet; most malicious ones are gone by then.
COOL_DOWN = "7 days"
DEVELOPMENT = Path("requirements-dev.txt")
INSTALLER = Path("tests/images/requirements-pip.txt")
SELF = re.compile(r"^leeway\[([\w,\s]+)\]$")


@dataclass(frozen=True, slots=True)
class Lock:
    """A requirement file: what it starts from, and the files whose packages it leaves out."""

    path: Path
    wanted: tuple[str, ...]
    besides: tuple[Path, ...] = ()
    universal: bool = False


def make_locks(project: dict[str, Any]) -> tuple[Lock, ...]:
    """Return the files in the order they are made: the widest first, since it constrains the others."""
    core = tuple(project["dependencies"])
    extras = project["optional-dependencies"]
    server = Path("model_server/requirements.txt")
    return (
        Lock(DEVELOPMENT, (*core, *expand(extras, "dev")), universal=True),
        Lock(Path("operator/requirements.txt"), core),
        Lock(server, expand(extras, "server")),
        Lock(Path("model_server/requirements-train.txt"), expand(extras, "train"), besides=(server,)),
        Lock(INSTALLER, ("pip",)),
    )


def expand(extras: dict[str, list[str]], name: str) -> tuple[str, ...]:
    """Return the requirements of an extra with its references to our other extras replaced by theirs."""
    expanded: list[str] = []
    for requirement in extras[name]:
        own = SELF.match(requirement)
        others = [other.strip() for other in own[1].split(",")] if own else []
        expanded += [found for other in others for found in expand(extras, other)] if own else [requirement]
    return tuple(dict.fromkeys(expanded))


def make_pins(requirements: str) -> dict[str, str]:
    """Return name → version of every pin in the text of a requirement file (the first, if by marker)."""
    pins: dict[str, str] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", requirements, re.MULTILINE):
        pins.setdefault(name, version)
    return pins


def read_project() -> dict[str, Any]:
    """Return the [project] table of pyproject.toml."""
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return table


def write_locks(*, upgrade: bool) -> None:
    """Every requirement file is resolved anew; pins stay where they are unless an upgrade is asked for."""
    for lock in make_locks(read_project()):
        write_lock(lock, ("--upgrade",) if upgrade else ())
        print(f"{lock.path}: {len(make_pins((ROOT / lock.path).read_text()))} packages")


def write_lock(lock: Lock, options: Sequence[str]) -> None:
    """The file holds every pin of the lock with its hashes, and no package that another file brings."""
    besides = [name for path in lock.besides for name in make_pins((ROOT / path).read_text())]
    ended = subprocess.run(
        [
            get_uv(), "pip", "compile", "-", "--output-file", str(lock.path), *options,
            "--generate-hashes", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--quiet",
            "--python-version", PYTHON, "--exclude-newer", COOL_DOWN, "--only-binary", ":all:",
            "--custom-compile-command", "python -m tests.images lock",
            *(["--universal"] if lock.universal else ["--python-platform", "x86_64-manylinux_2_28"]),
            *([] if lock.path == DEVELOPMENT else ["--constraint", str(DEVELOPMENT)]),
            *[option for name in besides for option in ("--no-emit-package", name)],
        ],
        input="\n".join(lock.wanted),
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=False,
    )  # fmt: skip
    if ended.returncode:
        raise RefusedError(f"resolving {lock.path} failed:\n{ended.stderr}")


def get_uv() -> str:
    """Return the path of uv: beside this Python, or on the PATH."""
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        raise RefusedError("there is no uv here: python -m pip install uv")
    return found
