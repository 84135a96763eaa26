"""Whether the parts of a version belong together: its signature, its model, its profile, its metrics."""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any

from model_server.contract import reasons
from model_server.contract.outcome import InputRefused
from model_server.contract.profile import ReferenceProfile
from model_server.contract.signature import Signature
from model_server.engines.engine import Engine
from model_server.rows.spelling import category_of

SHOWN = 200


def refuse_other_signature(signature: Signature, engine: Engine) -> None:
    """Raise `InputRefused` (SignatureMismatch) when columns, outputs or classes are not those of the model."""
    if engine.width is not None and engine.width != len(signature.inputs):
        raise mismatch(f"{len(signature.inputs)} inputs, but the model takes {engine.width} columns")
    refuse_other_classes(signature, engine.classes)
    kind = "categorical" if engine.classes else "numeric"
    if [output.type for output in signature.outputs] != [kind]:
        raise mismatch(f"the model has one output, of type {kind}; give one", ".outputs")


def refuse_other_classes(signature: Signature, classes: Sequence[Any]) -> None:
    """Raise `InputRefused` (SignatureMismatch) unless the signature has the model's classes, in their order."""
    if len(signature.classes) != len(classes):
        raise mismatch(
            f"{len(signature.classes)} classes of the first output, but the model has {len(classes)}"
        )
    # The order decides which probability belongs to which class.
    named = [text_of(one) for one in classes]
    if list(signature.classes) != named:
        raise mismatch(
            f"the model has {', '.join(named)[:SHOWN]}; list these, in this order", ".outputs[0].classes"
        )


def text_of(label: Any) -> str:
    """Return how a signature spells a class, or raise `InputRefused` (SignatureMismatch) for what has no spelling."""
    if not isinstance(label, str | bool | int | float):
        raise mismatch(
            f"the model has a class of type {type(label).__name__}; use texts or numbers as classes"
        )
    return category_of(label)


def mismatch(what: str, field: str = "") -> InputRefused:
    """Return the refusal of a signature."""
    return InputRefused(reasons.SIGNATURE_MISMATCH, f"signature{field}: {what}")


def refuse_other_profile(profile: ReferenceProfile, signature: Signature, model_digest: str) -> None:
    """Raise `InputRefused` unless the profile was made of this model's columns and scores.

    Its reason is SignatureMismatch for a profile of another model, ArtifactUnreadable for one that contradicts itself.
    """
    if profile.model_digest != model_digest:
        raise foreign(f"modelDigest is {profile.model_digest}, but files.model has {model_digest}")
    types = {column.name: column.type for column in signature.inputs}
    for feature in profile.features:
        if types.get(feature.name) != feature.type:
            wanted = types.get(feature.name, "not among the inputs")
            raise foreign(f"{feature.name} is {feature.type}, but in the signature it is {wanted}")
        refuse_miscounted(profile, f"features.{feature.name}", feature.counts, len(feature.labels))
        refuse_disordered(feature.name, feature.edges)
    if len({feature.name for feature in profile.features}) != len(profile.features):
        raise unreadable("a feature has two entries")
    refuse_odd_left_out(profile, types)
    refuse_miscounted(profile, "score", profile.score.counts, len(profile.score.edges) + 1)
    refuse_disordered("score", profile.score.edges)
    refuse_odd_bridge(profile)


def refuse_odd_left_out(profile: ReferenceProfile, inputs: Collection[str]) -> None:
    """Raise `InputRefused` unless the columns left out are inputs, are listed once, and are not counted."""
    names = [one.name for one in profile.left_out]
    if foreigners := [name for name in names if name not in inputs]:
        raise foreign(f"leftOut has {foreigners[0]}, which is not among the inputs")
    if len(set(names)) != len(names):
        raise unreadable("leftOut lists a column twice")
    if both := set(names) & {feature.name for feature in profile.features}:
        raise unreadable(f"{min(both)} is counted and in leftOut")


def refuse_odd_bridge(profile: ReferenceProfile) -> None:
    """Raise `InputRefused` (ArtifactUnreadable) unless the bridge has a column for each bin of the score."""
    if profile.bridge is None:
        return
    width, counts = len(profile.score.counts), profile.bridge.counts
    if not counts or any(len(row) != width for row in counts):
        raise unreadable(f"bridge.counts needs rows of {width} counts, one for each bin of the score")
    rows = sum(map(sum, counts))
    if min(map(min, counts)) < 0 or not 0 < rows <= profile.source.rows:
        raise unreadable(f"bridge.counts counts {rows} rows, but source.rows is {profile.source.rows}")


def refuse_miscounted(profile: ReferenceProfile, name: str, counts: Sequence[int], wanted: int) -> None:
    """Raise `InputRefused` (ArtifactUnreadable) unless there is a count for each bin, and every row was counted."""
    if len(counts) != wanted:
        raise unreadable(f"{name} has {len(counts)} counts for {wanted} bins")
    if min(counts) < 0 or sum(counts) != profile.source.rows:
        raise unreadable(f"{name} counts {sum(counts)} rows, but source.rows is {profile.source.rows}")


def refuse_disordered(name: str, edges: Sequence[float]) -> None:
    """Raise `InputRefused` (ArtifactUnreadable) unless edges rise; values are searched among them by halving."""
    if not all(edge < following for edge, following in pairwise(edges)):
        raise unreadable(f"the edges of {name} do not rise")


def foreign(what: str) -> InputRefused:
    """Return the refusal of another model's profile."""
    return InputRefused(
        reasons.SIGNATURE_MISMATCH,
        f"profile.json: {what}; give the profile that was made with this model, or leave files.profile out",
    )


def unreadable(what: str) -> InputRefused:
    """Return the refusal of a profile that contradicts itself."""
    return InputRefused(
        reasons.ARTIFACT_UNREADABLE, f"profile.json: {what}; make it anew, or leave files.profile out"
    )


def refuse_odd_metrics(metrics: Mapping[str, str]) -> None:
    """Raise `InputRefused` (InvalidSpec) naming the first metric that is no number: the server exports some."""
    for name, value in metrics.items():
        try:
            float(value)
        except ValueError:
            raise InputRefused(
                reasons.INVALID_SPEC,
                f'spec.metrics.{name}: "{value[:40]}" is no number; write a decimal such as 0.97',
            ) from None
