"""Equal models have equal files: skops names parts by memory address and stamps them with the time."""

import io
import json
import re
import zipfile
from typing import Any

SCHEMA = "schema.json"
FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can hold
ADDRESS = re.compile(r'("__id__": |"file": ")(\d+)')


def archive_of(model: Any) -> bytes:
    """Return the model as a skops file that depends on nothing but the model."""
    import skops.io  # noqa: PLC0415  brings scikit-learn: a second of start-up

    return reproducible(skops.io.dumps(model, compression=zipfile.ZIP_DEFLATED, compresslevel=1))


def reproducible(content: bytes) -> bytes:
    """Return a skops file whose parts are numbered by their order, all of one time.

    Its schema loses its indentation, two thirds of it: there is a cap on its size.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    numbers: dict[str, str] = {}

    def numbered(found: re.Match[str]) -> str:
        return found[1] + numbers.setdefault(found[2], str(len(numbers) + 1))

    schema = ADDRESS.sub(numbered, json.dumps(json.loads(members.pop(SCHEMA)), sort_keys=False))
    renamed = {renumbered(name, numbers): part for name, part in members.items()}
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, part in [*sorted(renamed.items()), (SCHEMA, schema.encode())]:
            archive.writestr(zipfile.ZipInfo(name, FIXED_TIME), part, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def renumbered(name: str, numbers: dict[str, str]) -> str:
    """Return the member's name with its address replaced by its number."""
    stem, dot, ending = name.partition(".")
    return f"{numbers.get(stem, stem)}{dot}{ending}"
