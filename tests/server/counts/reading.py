"""What a version has counted, as short sentences: `feature_bin income 2` is a series, its number how often."""

from model_server.contract.identity import Identity
from model_server.contract.profile import FeatureProfile, ReferenceProfile, ScoreProfile, Source
from model_server.contract.signature import Signature
from model_server.counts.counts import Counts
from model_server.counts.tally import Tally


def all_of(tally: Tally) -> dict[str, int]:
    """Every series without what is common to all, and its number."""
    series = [
        " ".join((family.name.removeprefix("leeway_model_"), *values))
        for family in tally.families
        for values in family.series
    ]
    return dict(zip(series, tally.snapshot(), strict=True))


def counted(counts: Counts) -> dict[str, int]:
    """The series that have counted anything."""
    return {series: number for series, number in all_of(counts.tally).items() if number}


def profile_of(*features: FeatureProfile, score: tuple[float, ...] = (0.5,)) -> ReferenceProfile:
    """A profile of these features, whose scores are divided at these edges."""
    return ReferenceProfile(
        schema_version="2",
        model="loan",
        version="loan-1",
        model_digest="sha256:" + "0" * 64,
        created_at="2026-11-21T00:00:00Z",
        source=Source(rows=200, kind="holdout"),
        features=features,
        score=ScoreProfile(edges=score, counts=(0,) * (len(score) + 1)),
    )


def identity_of(signature: Signature, profile: ReferenceProfile | None = None) -> Identity:
    """The identity of a version of the signature."""
    digest = profile.digest if profile else ""
    return Identity("loan", ("loan",), "loan-1", "sha256:" + "0" * 64, signature, profile=digest)
