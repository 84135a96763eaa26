"""Which libraries a version was trained with, and whether this image has them."""

from importlib.metadata import PackageNotFoundError, version

from model_server.contract import reasons
from model_server.contract.outcome import InputRefused

VERSIONED = (
    "scikit-learn",
    "xgboost",
    "lightgbm",
)  # a model loads only under the minor version that wrote it


def refuse_other_libraries(packages: dict[str, str]) -> None:
    """Raise `InputRefused` (VersionMismatch) when this image has another minor version than the trainer had."""
    for name in VERSIONED:
        if name in packages and minor(packages[name]) != minor(installed(name)):
            raise InputRefused(
                reasons.VERSION_MISMATCH,
                f"trained with {name} {packages[name]}, but this image has {installed(name)}; "
                "train it again, or use the image it was trained with",
            )


def installed(name: str) -> str:
    """Return the version of a package in this image, or `none`."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def minor(text: str) -> str:
    """Return the first two numbers of a version."""
    return ".".join(text.split(".")[:2])
