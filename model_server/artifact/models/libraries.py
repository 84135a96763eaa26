"""Which libraries wrote a model: it is read only by those of the same minor version."""

from collections.abc import Mapping
from importlib.metadata import version

from model_server.contract import reasons
from model_server.contract.outcome import InputRefused

LIBRARY = "scikit-learn"


def refuse_other_libraries(packages: Mapping[str, str]) -> None:
    """Raise `InputRefused` (VersionMismatch) when this image has other libraries than the trainer had."""
    if LIBRARY in packages:
        refuse_other_minor(LIBRARY, packages[LIBRARY], version(LIBRARY))


def refuse_other_minor(name: str, wrote: str, reads: str) -> None:
    """Raise `InputRefused` (VersionMismatch) unless writer and reader have the same minor version.

    Patch releases may differ: whether they change an answer is what golden rows are for.
    """
    if minor(wrote) != minor(reads):
        raise InputRefused(
            reasons.VERSION_MISMATCH,
            f"the model was written with {name} {wrote}, but this image has {reads}; "
            "train it again, or use the image it was trained with",
        )


def minor(text: str) -> str:
    """Return the first two numbers of a version."""
    return ".".join(text.split(".")[:2])
