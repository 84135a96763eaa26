"""A version of 30 features as the server answers with it, and others to compare it with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import orjson
from prometheus_client import CollectorRegistry, Counter
from sklearn.linear_model import LogisticRegression

from model_server.contract.identity import Identity
from model_server.contract.profile import FeatureProfile, ReferenceProfile, ScoreProfile, Source
from model_server.contract.signature import Column, Output, Signature
from model_server.counts.counts import Counts
from model_server.counts.families import FEATURE_BIN
from model_server.counts.prometheus import Metrics
from model_server.engines.engine import Prediction
from model_server.engines.sklearn import SklearnEngine
from model_server.http.messages import Request
from model_server.http.paths import ROUTES
from model_server.http.readiness import Readiness
from model_server.http.routes import Site
from model_server.rows.matrix import Matrix
from model_server.settings import Settings
from model_server.version.served import ServedModel

MODEL = "car-loan"
SCORE = ScoreProfile(edges=tuple(place / 10 for place in range(1, 10)), counts=(0,) * 10)
CLASSES = Output("prediction", "categorical", ("no", "yes"))


def numeric_features(number: int) -> tuple[FeatureProfile, ...]:
    """Return numeric features with 10 bins of [0, 10]."""
    edges = tuple(map(float, range(1, 10)))
    return tuple(
        FeatureProfile(name=f"feature_{at:02}", type="numeric", counts=(), edges=edges, min=0.0, max=10.0)
        for at in range(number)
    )


def categorical_features(number: int) -> tuple[FeatureProfile, ...]:
    """Return categorical features with 12 categories that have a bin."""
    names = tuple(f"category {at}" for at in range(12))
    return tuple(
        FeatureProfile(name=f"feature_{at:02}", type="categorical", counts=(), categories=names)
        for at in range(number)
    )


def profile_of(features: tuple[FeatureProfile, ...]) -> ReferenceProfile:
    """Return the profile of a classifier of these features."""
    return ReferenceProfile(
        schema_version="2",
        model=MODEL,
        version=f"{MODEL}-3",
        model_digest="sha256:" + "0" * 64,
        created_at="2026-11-21T00:00:00Z",
        source=Source(rows=1000, kind="holdout"),
        features=features,
        score=SCORE,
    )


def identity_of(profile: ReferenceProfile) -> Identity:
    """Return the identity of the version with this profile."""
    columns = (
        Column(feature.name, feature.type, tuple(map(str, feature.categories)))
        for feature in profile.features
    )
    return Identity(
        name=MODEL,
        names=(MODEL,),
        version=profile.version,
        digest=profile.model_digest,
        signature=Signature(tuple(columns), (CLASSES,)),
        profile=profile.digest,
    )


def rows_of(number: int, width: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return rows within the reference."""
    return np.random.default_rng(0).uniform(0.0, 10.0, (number, width))


class Silent(Counts):
    """Counts nothing: what a request costs without."""

    def add(self, matrix: Matrix, prediction: Prediction) -> None:
        """Do nothing."""


class Inc(Counts):
    """Counts the same row by `inc()` of the Prometheus client: a child of a counter for each bin, looked up before."""

    def __init__(self, identity: Identity, profile: ReferenceProfile) -> None:
        super().__init__(identity, profile)
        counter = Counter(
            FEATURE_BIN,
            "Drawn rows.",
            ("model", "version", "profile", "feature", "bin"),
            registry=CollectorRegistry(),
        )
        common = tuple(self.common[label] for label in ("model", "version", "profile"))
        first = self.tally.start(FEATURE_BIN)
        labels = [(feature.name, label) for feature in profile.features for label in feature.labels]
        self.children = {first + at: counter.labels(*common, *one).inc for at, one in enumerate(labels)}

    def add(self, matrix: Matrix, prediction: Prediction) -> None:
        """Count one row by its bins of features."""
        for place in self.features.of(matrix, self.draw(prediction.rows)):
            self.children[place]()


def site_of(make: Callable[[Identity, ReferenceProfile], Counts], profile: ReferenceProfile) -> Site:
    """Return a server of a logistic regression that counts in this way."""
    identity = identity_of(profile)
    rows = rows_of(200, len(profile.features))
    model = LogisticRegression(max_iter=1000).fit(
        rows, np.where(rows.sum(axis=1) > np.median(rows.sum(axis=1)), "yes", "no")
    )
    counts = make(identity, profile)
    served = ServedModel(
        identity, SklearnEngine(model, identity.signature), counts, Metrics(identity, counts)
    )
    return Site(ROUTES, Readiness(served, ""), Settings())


def request_of(site: Site, rows: int, bad: bool = False) -> Request:
    """Return a V1 request of so many rows, of which the last may have a text in its last cell."""
    assert site.readiness.served
    given: list[list[Any]] = rows_of(rows, len(site.readiness.served.identity.signature.inputs)).tolist()
    if bad:
        given[-1][-1] = "7"
    return Request("POST", f"/v1/models/{MODEL}:predict", {}, orjson.dumps({"instances": given}))
