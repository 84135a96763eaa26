"""What a directory of the trainer says where it has no version: which run ended there, and how."""

from pathlib import Path

import msgspec
from msgspec import Struct

# The trainer leaves it beside the files of every run, also of one that failed.
REPORT = "report.json"


class Ending(Struct, frozen=True):
    """How a run ended."""

    outcome: str
    message: str = ""


def why_no_version(manifest: Path) -> str:
    """Return why the trainer has left no manifest of a version here; empty when nothing tells, or there is one."""
    if manifest.exists():
        return ""
    try:
        ending = msgspec.json.decode((manifest.parent / REPORT).read_bytes(), type=Ending)
    except (OSError, msgspec.MsgspecError):
        return ""
    failed = "its model failed a gate" if ending.outcome == "GateFailed" else "it failed"
    return f"{manifest.parent}: the training that wrote it left no version, since {failed}: {ending.message}"
