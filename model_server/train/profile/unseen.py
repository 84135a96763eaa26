"""Rows with answers of a model that had not seen them: held-out rows, or, where these are few, every row by folds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from model_server.contract.outcome import InputRefused
from model_server.engines.scores import SECOND
from model_server.engines.sklearn import Rows
from model_server.train.fit.answers import Answers, answers_of
from model_server.train.fit.evaluation import Trained
from model_server.train.fit.pipeline import fit, warned
from model_server.train.fit.refusal import refusals, refuse_infinite
from model_server.train.prepare.folds import MIN_ROWS, WANTED_ROWS, Fold

MOST_SECONDS = 120.0  # of CPU time that fitting the folds may be expected to take


@dataclass(frozen=True)
class Part:
    """A fitted model, the rows it learnt from, and rows that it has answered without having learnt from them."""

    pipeline: Any
    learnt: Rows
    rows: Rows
    answers: Answers


@dataclass(frozen=True)
class Unseen:
    """The rows that a profile counts, by the model that answered them; `why` says why there are no others or none."""

    parts: tuple[Part, ...]
    kind: Literal["holdout", "out-of-fold"]
    why: str = ""

    @property
    def answers(self) -> Answers:
        """Return the answers to all rows, in the order of the parts."""
        return joined([part.answers for part in self.parts])

    @property
    def rows(self) -> int:
        """Return how many rows there are."""
        return sum(len(part.rows) for part in self.parts)


class NoFolds(Exception):  # noqa: N818  tells what is counted instead
    """The folds cannot be fitted; the message says why."""


def find_unseen(trained: Trained, seed: int, fit_seconds: float) -> Unseen:
    """Return the rows to count: out of folds where too few are held out, and where the folds are cheap enough.

    `fit_seconds` is the CPU time that the fit of the model took. There are no parts where fewer than MIN_ROWS remain.
    """
    prepared = trained.prepared
    try:
        return Unseen(out_of_fold(trained, seed, fit_seconds), "out-of-fold")
    except NoFolds as error:
        why = str(error)
    if prepared.held_out < MIN_ROWS:
        return Unseen((), "holdout", f"{prepared.held_out} rows are held out, {MIN_ROWS} are needed; {why}")
    held_out = Part(trained.pipeline, prepared.train, prepared.judged, trained.answers)
    return Unseen((held_out,), "holdout", why if prepared.held_out < WANTED_ROWS else "")


def out_of_fold(trained: Trained, seed: int, fit_seconds: float) -> tuple[Part, ...]:
    """Return all rows, each with the answer of a model that was fitted on the other folds, or raise NoFolds."""
    whole = trained.prepared.whole
    if whole is None:
        raise NoFolds(trained.prepared.no_folds)
    folds = tuple(whole.folds(seed, len(trained.answers.classes) > 0))
    if fit_seconds * len(folds) > MOST_SECONDS:
        raise NoFolds(
            f"fitting the model took {fit_seconds:.0f} s of CPU time, too long to fit it {len(folds)} times more"
        )
    return tuple(fitted(trained, fold) for fold in folds)


def fitted(trained: Trained, fold: Fold) -> Part:
    """Return a copy of the model that was fitted on the fold, and its answers to the rows left out."""
    from sklearn.base import clone  # noqa: PLC0415  loaded with the estimator

    classes = trained.answers.classes
    if len(classes) and not np.array_equal(np.unique(fold.train_target), classes):
        raise NoFolds("some class has too few rows to be in every fold")
    pipeline, place = clone(trained.pipeline), trained.positive.place if trained.positive else SECOND
    prepared = replace(
        trained.prepared,
        train=fold.train,
        train_target=fold.train_target,
        judged=fold.left,
        judged_target=fold.left_target,
    )
    try:
        fit(pipeline, prepared)
        with refusals(pipeline, prepared), warned(), np.errstate(all="ignore"):
            answers = answers_of(pipeline, fold.left, fold.left_target, place)
            refuse_infinite(pipeline, prepared, answers)
    except InputRefused as error:
        raise NoFolds(f"the model could not be fitted on a part of the rows: {error.message}") from error
    return Part(pipeline, fold.train, fold.left, answers)


def joined(told: Sequence[Answers]) -> Answers:
    """Return the answers of several models of one kind as one."""
    probabilities = [one.probabilities for one in told if one.probabilities is not None]
    return replace(
        told[0],
        truth=np.concatenate([one.truth for one in told]),
        predicted=np.concatenate([one.predicted for one in told]),
        scores=np.concatenate([one.scores for one in told]),
        probabilities=np.concatenate(probabilities) if probabilities else None,
    )
