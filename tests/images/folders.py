"""Where builds keep what they may need again, outside the checkout and outside the cluster's folder."""

import os
from pathlib import Path


def get_cache() -> Path:
    """Return our folder in the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "leeway"


def get_wheels() -> Path:
    """Return the folder of the wheels."""
    return get_cache() / "wheels"


def get_images() -> Path:
    """Return the folder of the builder's storage and of the names file.

    It is not the cluster's own: taking a cluster down ends everything that runs on a mount in that one.
    """
    return get_cache() / "images"
