"""Which engine answers for a version: decided in one place, by the files that the version has."""

from collections.abc import Callable, Mapping

from model_server.artifact.model_file import model_from_bytes
from model_server.contract.signature import Signature
from model_server.engines.engine import Engine
from model_server.engines.sklearn import SklearnEngine

MODEL = "model"

# Verified bytes by the name of the file; a file that no engine asks for is never fetched.
Contents = Mapping[str, Callable[[], bytes]]


def choose(files: Contents, signature: Signature) -> Engine:
    """Return the engine for these files, or raise `InputRefused` or `TryAgain` when they cannot be read."""
    return SklearnEngine(model_from_bytes(files[MODEL]()), signature)
