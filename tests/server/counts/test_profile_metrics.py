"""A version with a reference profile says so on its metrics page."""

from pathlib import Path

import msgspec

from model_server.contract.profile import FeatureProfile, ReferenceProfile, ScoreProfile, Source, profile_json
from model_server.version.load import load, make_served, read_manifest
from tests.server import models

PROFILE = ReferenceProfile(
    schema_version="2",
    model="point",
    version="point-1",
    model_digest="sha256:" + "0" * 64,
    created_at="2026-11-21T00:00:00Z",
    source=Source(rows=200, kind="holdout"),
    features=(
        FeatureProfile(name="x0", type="numeric", edges=(0.5,), counts=(100, 100, 0, 0)),
        FeatureProfile(name="x1", type="numeric", edges=(0.2, 0.8), counts=(100, 50, 50, 0, 0)),
    ),
    score=ScoreProfile(edges=(0.5,), counts=(100, 100)),
)


def test_the_page_names_the_profile_on_every_series(tmp_path: Path) -> None:
    signature = msgspec.to_builtins(models.POINT)
    manifest = models.write_version(tmp_path, "point", models.make_point_model(), signature)
    files = manifest["spec"]["files"]
    profile = msgspec.structs.replace(PROFILE, model_digest=files["model"]["digest"])
    document = msgspec.json.decode(profile_json(profile))
    files["profile"] = models.write_beside(tmp_path, "profile.json", document)
    models.write_manifest(tmp_path, manifest)
    served = make_served(load(read_manifest(tmp_path / "modelversion.json")), "")
    _, page = served.metrics.page("")
    samples = [line for line in page.decode().splitlines() if not line.startswith("#")]
    label = f'profile="{PROFILE.digest[:8]}"'
    assert all(label in sample for sample in samples)
    info = next(sample for sample in samples if sample.startswith("leeway_model_profile_info"))
    for part in ('bins="3"', 'features="2"', 'sampled="false"', 'schema="2"', profile.model_digest):
        assert part in info
