"""What a model keeps of the machine that fitted it, and of the random numbers it was fitted by; neither answers.

Threads, processes and progress reports belong to whoever runs the model: a served model that starts a pool for every
request is slow and large, and a file that holds a number of cores has another digest on every machine.
"""

import inspect
from typing import Any

import numpy as np

from model_server.artifact.models.soundness import walk

# As scikit-learn names them, in every estimator and in the parts that estimators keep.
OF_THE_MACHINE = ("n_jobs", "n_threads", "verbose", "warm_start")


def settle_threads(model: Any) -> None:
    """Set threads, processes, verbosity and warm starts of every part of the model to their defaults, in place.

    Answers stay as they are. Called before a model is written and after one is read.
    """
    for part in walk(model):
        state = getattr(part, "__dict__", {})
        for name in state.keys() & OF_THE_MACHINE:
            setattr(part, name, default_of(type(part), name))


def default_of(kind: type, name: str) -> Any:
    """Return the default of a parameter of the class; None where it is no parameter."""
    found = inspect.signature(kind).parameters.get(name)
    return None if found is None or found.default is found.empty else found.default


def forget_random_states(model: Any) -> None:
    """Drop the generators of random numbers that fitted parts have kept, in place; a seed that was given stays.

    Only fitting draws from them. Each takes 27 kB of a skops file, and boosting keeps one in every tree.
    """
    for part in walk(model):
        state = getattr(part, "__dict__", {})
        for name, value in state.items():
            if isinstance(value, np.random.RandomState | np.random.Generator):
                setattr(part, name, None)
