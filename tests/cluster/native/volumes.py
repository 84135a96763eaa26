"""Open each new volume's folder to every user.

The controller manager's provisioner makes folders that only root may enter, and hostPath volumes know no
``fsGroup``: without this, a pod that does not run as root could not write to its claim.
"""

import contextlib
import sys
import time
from pathlib import Path

OPEN = 0o777
SECONDS_BETWEEN_LOOKS = 0.1  # a pod needs far longer from its claim's binding to its first write


def open_folders(parent: Path) -> None:
    """Every folder in the parent is open to every user; one deleted meanwhile is nobody's loss."""
    for folder in parent.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if folder.stat().st_mode & OPEN != OPEN:
                folder.chmod(OPEN)


def main(parent: Path) -> None:
    """Look for ever."""
    while True:
        open_folders(parent)
        time.sleep(SECONDS_BETWEEN_LOOKS)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
