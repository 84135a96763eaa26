"""Which engine answers for a version: decided in one place, by the files that the version has."""

from collections.abc import Callable, Mapping
from typing import Any

from model_server.artifact.models.memory import release_memory
from model_server.artifact.models.model_file import model_from_bytes, sentence
from model_server.artifact.models.neutral import forget_random_states, settle_threads
from model_server.contract import reasons
from model_server.contract.outcome import InputRefused
from model_server.contract.signature import Signature
from model_server.engines.columns import refuse_other_names, select_by_position
from model_server.engines.engine import Engine
from model_server.engines.sklearn import SklearnEngine

MODEL = "model"

# Verified bytes by the name of the file; a file that no engine asks for is never fetched.
Contents = Mapping[str, Callable[[], bytes]]


def choose(files: Contents, signature: Signature) -> Engine:
    """Return the engine for these files, or raise `InputRefused` or `TryAgain` when they make none."""
    model = model_from_bytes(files[MODEL]())
    release_memory()
    try:
        return make_engine(model, signature)
    except (InputRefused, MemoryError):
        raise
    # Attributes may be anything in a model that was not saved by skops, or damaged since.
    except Exception as error:
        raise InputRefused(
            reasons.ARTIFACT_UNREADABLE, f"the model cannot be used: {sentence(error)}"
        ) from error


def make_engine(model: Any, signature: Signature) -> Engine:
    """Return the engine for a model, which is changed to answer plain rows in one thread."""
    refuse_other_names(model, signature)
    select_by_position(model)
    settle_threads(model)
    forget_random_states(model)
    return SklearnEngine(model, signature)
