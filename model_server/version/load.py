"""From a ModelVersion's manifest to a model that may answer: fetch, verify, check, then trust."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from model_server.artifact.models.libraries import refuse_other_libraries
from model_server.artifact.stores.credentials import Credentials, find_credentials
from model_server.contract import reasons
from model_server.contract.identity import Identity
from model_server.contract.manifest import (
    InvalidManifest,
    ModelVersion,
    ModelVersionSpec,
    read_model_version,
)
from model_server.contract.outcome import InputRefused
from model_server.contract.profile import ReferenceProfile, read_profile
from model_server.contract.signature import Signature, checked, read_signature
from model_server.counts.counts import Counts
from model_server.counts.feedback import LabelMetrics, make_feedback
from model_server.counts.keys import read_keys
from model_server.counts.prometheus import Metrics
from model_server.engines.choose import MODEL, choose
from model_server.engines.engine import Engine
from model_server.protocols.v2 import datatype_of
from model_server.settings import Settings
from model_server.version.files import Files
from model_server.version.golden import Golden, read_golden, refuse_other_answers
from model_server.version.matching import refuse_odd_metrics, refuse_other_profile, refuse_other_signature
from model_server.version.served import ServedModel
from model_server.version.trial import refuse_unanswered
from model_server.version.unfinished import why_no_version


@dataclass(frozen=True)
class Loaded:
    """A version's files, verified and read; `profile_file` has the verified bytes of the profile."""

    manifest: ModelVersion
    signature: Signature
    engine: Engine
    profile: ReferenceProfile | None
    profile_file: bytes | None
    golden: Golden | None


def accept(_: bytes) -> None:
    """Let a file be read as it is."""


def read_manifest(path: Path) -> ModelVersion:
    """Return the manifest, or raise `InputRefused` (InvalidSpec) naming the field."""
    try:
        return read_model_version(path)
    except InvalidManifest as error:
        raise InputRefused(reasons.INVALID_SPEC, why_no_version(path) or str(error)) from error


def load(
    manifest: ModelVersion, beside: Path | None = None, before: Callable[[bytes], None] = accept
) -> Loaded:
    """Return the loaded version, which answers an ordinary row, and its golden rows as written.

    Files are looked for in the directory `beside` first, by name. `before` is given the verified bytes of the model
    before anything reads them. Raises `InputRefused` or `TryAgain`.
    """
    spec = manifest.spec
    refuse_odd_metrics(spec.metrics)
    refuse_other_libraries(spec.lineage.get("packages", {}))
    with tempfile.TemporaryDirectory(prefix="leeway-") as directory:
        files = Files(spec.files, Path(directory), beside, credentials_of(spec))
        signature = get_signature(spec.signature, files)
        profile_file = files.read("profile")
        profile = read_profile(profile_file) if profile_file is not None else None
        golden = read_golden(found) if (found := files.read("golden")) is not None else None
        engine = choose({name: partial(read_before, files, name, before) for name in spec.files}, signature)
    refuse_other_signature(signature, engine)
    if profile:
        refuse_other_profile(profile, signature, spec.files[MODEL].digest)
    refuse_unanswered(engine, signature, profile)
    # Last, since it shows what no check of a file can: this image computes what the trainer's image did.
    if golden:
        refuse_other_answers(engine, signature, golden)
    return Loaded(manifest, signature, engine, profile, profile_file, golden)


def read_before(files: Files, name: str, before: Callable[[bytes], None]) -> bytes:
    """Return the verified bytes of a file, shown to `before` first."""
    content = files.read_verified(name)
    before(content)
    return content


def load_served(path: Path, beside: Path | None, settings: Settings) -> ServedModel:
    """Return the version of a manifest as the server answers with it, or raise `InputRefused` or `TryAgain`."""
    keys = read_keys(settings.feedback_root)  # first, since loading may take minutes
    return make_served(load(read_manifest(path), beside), settings.deployment, keys)


def make_served(loaded: Loaded, deployment: str, keys: Sequence[bytes] = ()) -> ServedModel:
    """Return the version as the server answers with it; `deployment` is one more name, if not empty.

    `keys` are those of feedback, the one that signs first.
    """
    spec = loaded.manifest.spec
    identity = Identity(
        name=spec.model_name,
        names=tuple(dict.fromkeys(name for name in (spec.model_name, deployment) if name)),
        version=loaded.manifest.metadata.name,
        digest=spec.files[MODEL].digest,
        signature=loaded.signature,
        datatype=datatype_of(loaded.engine.classes[:1]),
        metrics=spec.metrics,
        profile=loaded.profile.digest if loaded.profile else "",
    )
    counts = Counts(identity, loaded.profile)
    metrics = Metrics(identity, counts)
    if loaded.profile:
        metrics.set_profile(loaded.profile)
    feedback = make_feedback(keys, identity, loaded.profile.score if loaded.profile else None)
    if feedback:
        metrics.restricted.register(LabelMetrics(feedback.labels, metrics.common))
    return ServedModel(identity, loaded.engine, counts, metrics, loaded.profile_file, feedback)


def credentials_of(spec: ModelVersionSpec) -> Credentials:
    """Return the credentials by which the files of a version are fetched."""
    return find_credentials("version", "spec.credentialsSecretName", spec.credentials_secret_name)


def get_signature(raw: dict[str, Any] | None, files: Files) -> Signature:
    """Return the signature, inline or of its file, or raise `InputRefused` naming the field."""
    if raw is None:
        return read_signature(files.read("signature") or b"")
    try:
        return checked(msgspec.convert(raw, Signature))
    except msgspec.ValidationError as error:
        raise InputRefused(reasons.SIGNATURE_MISMATCH, f"spec.signature: {error}") from error
