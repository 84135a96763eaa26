"""Making the reference profile of a trained model: rows it had not seen, columns that matter, and what was answered."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from model_server.contract.manifest import TrainingJob
from model_server.contract.profile import FeatureProfile, ReferenceProfile, Source
from model_server.engines.sklearn import Rows
from model_server.train.fit.evaluation import Trained
from model_server.train.profile.columns import left_out, most_important, why_not_counted
from model_server.train.profile.importance import TooSlow, importances
from model_server.train.profile.reference import feature_profile, performance, score_profile
from model_server.train.profile.unseen import Unseen, find_unseen

MAX_KNOWN_CATEGORIES = 256
MAX_CATEGORY_LENGTH = 256


@dataclass(frozen=True)
class Made:
    """The profile, or None and why there is none; `why` also says why it is not of more rows."""

    profile: ReferenceProfile | None
    why: str = ""
    warnings: tuple[str, ...] = field(default=())


def make_profile(job: TrainingJob, trained: Trained, data_digest: str, fit_seconds: float) -> Made:
    """Return the profile, whose model has no digest yet; `fit_seconds` is the CPU time of its own fit."""
    unseen = find_unseen(trained, job.spec.seed, fit_seconds)
    if not unseen.parts:
        return Made(None, unseen.why)
    wanted, features = job.spec.evaluation.profile, trained.prepared.features
    reasons = why_not_counted(trained.prepared, wanted)
    places = [place for place, feature in enumerate(features) if feature.name not in reasons]
    importance, warnings = importance_of(unseen, places, job.spec.seed)
    included = [place for place in places if features[place].name in wanted.include]
    counted = most_important(places, importance, included)
    score = score_profile(unseen.answers)
    profile = ReferenceProfile(
        schema_version="2",
        model=job.spec.model_name,
        version=job.metadata.name,
        model_digest="",
        created_at=created_at(job),
        source=source_of(trained, unseen, data_digest),
        features=tuple(counted_column(trained, unseen, place, importance.get(place)) for place in counted),
        score=score,
        performance=performance(unseen.answers, score),
        left_out=left_out(trained.prepared, reasons, counted),
    )
    return Made(profile, unseen.why, warnings)


def importance_of(unseen: Unseen, places: list[int], seed: int) -> tuple[dict[int, float], tuple[str, ...]]:
    """Return the importance by place, or none and the warning that there is none."""
    try:
        return importances(unseen.parts, places, seed), ()
    except TooSlow as error:
        return {}, (
            f"the profile does not know which columns matter most, and counts the first ones: {error}",
        )


def source_of(trained: Trained, unseen: Unseen, data_digest: str) -> Source:
    """Return which rows are counted."""
    first, last = trained.prepared.dates or (None, None)
    return Source(rows=unseen.rows, kind=unseen.kind, data_digest=data_digest, from_=first, to=last)


def counted_column(trained: Trained, unseen: Unseen, place: int, importance: float | None) -> FeatureProfile:
    """Return the profile of the column at this place."""
    feature = trained.prepared.features[place]
    categorical = feature.type == "categorical"
    made = feature_profile(
        feature,
        [
            (part.rows[:, place], known_categories(part.learnt[:, place]) if categorical else ())
            for part in unseen.parts
        ],
    )
    return msgspec.structs.replace(made, importance=importance)


def known_categories(values: Rows) -> tuple[str, ...]:
    """Return the categories of the training rows in order, or none when they are too many or too long to list."""
    found = sorted({value for value in values if isinstance(value, str)})
    listable = len(found) <= MAX_KNOWN_CATEGORIES and all(len(one) <= MAX_CATEGORY_LENGTH for one in found)
    return tuple(found) if listable else ()


def created_at(job: TrainingJob) -> str:
    """Return when the job was created, so that two runs of it give the same profile; on a laptop, now."""
    moment = job.metadata.creation_timestamp or datetime.now(UTC)
    return moment.astimezone(UTC).isoformat(timespec="seconds")
