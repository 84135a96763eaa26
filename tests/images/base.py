"""Which base the images stand on."""

import os

from tests.cluster.native import base_image
from tests.cluster.native.layout import Home
from tests.cluster.native.refusal import RefusedError
from tests.images.builders import Builder

DEFAULT = "python:3.11-slim-bookworm"


def get_base(builder: Builder, home: Home) -> str:
    """Return a base that the builder has: what LEEWAY_BASE_IMAGE names, the default, or one made here."""
    named = os.environ.get("LEEWAY_BASE_IMAGE")
    if named:
        return require(builder, named)
    if builder.has(base_image.BASE_IMAGE):
        return base_image.BASE_IMAGE
    return DEFAULT if builder.can_pull(DEFAULT) else make_own(builder, home)


def require(builder: Builder, name: str) -> str:
    """Return the name of a base that can be had; refuse otherwise."""
    if not builder.can_pull(name):
        raise RefusedError(f"LEEWAY_BASE_IMAGE={name} is not here and cannot be pulled: load it first")
    return name


def make_own(builder: Builder, home: Home) -> str:
    """Return the name of a base made from Debian packages, now in the builder's storage."""
    print(f"making {base_image.BASE_IMAGE}, since {DEFAULT} cannot be pulled: about a minute", flush=True)
    archive = base_image.make_base_image(home)
    builder.take(archive)
    return base_image.BASE_IMAGE
