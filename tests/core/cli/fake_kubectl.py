"""A kubectl of a few lines: it keeps one object in a file, answers commands, and writes down how it was called."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

SCRIPT = f"#!{sys.executable}\nimport sys; sys.path.insert(0, {str(Path(__file__).parents[3])!r})\n"


def write(folder: Path) -> Path:
    """Return the program, which finds its object in object.json of the folder."""
    path = folder / "kubectl"
    path.write_text(f"{SCRIPT}from tests.core.cli.fake_kubectl import main\nmain()\n")
    path.chmod(0o755)
    return path


def main() -> None:
    folder = Path(os.environ["FAKE_KUBECTL"])
    arguments = sys.argv[1:]
    with (folder / "calls").open("a") as calls:
        calls.write(" ".join(arguments) + "\n")
    path = folder / "object.json"
    if not path.exists():
        sys.exit('Error from server (NotFound): modeldeployments.leeway.dev "iris" not found')
    found = json.loads(path.read_text())
    if "annotate" in arguments:
        annotate(
            path, found, dict(word.split("=", 1) for word in arguments if word.startswith("leeway.dev/"))
        )
    elif "--watch" in arguments:
        print((folder / "events").read_text(), end="")
    else:
        print(json.dumps(found))


def annotate(path: Path, found: dict[str, object], annotations: dict[str, str]) -> None:
    """Answer as the operator does, where answer.json says what."""
    answer = path.with_name("answer.json")
    if answer.exists():
        given = {"token": annotations["leeway.dev/command-token"], "name": annotations["leeway.dev/command"]}
        found["status"] = {"command": {**given, **json.loads(answer.read_text())}}
        path.write_text(json.dumps(found))
