"""The CRDs refuse what cannot work, and say what to do: their own rules, run by a CEL engine."""

from __future__ import annotations

import pytest

from tests.contract.admission import complaints
from tests.contract.broken_manifests import (
    AGAINST_A_BOUND,
    AGAINST_A_RULE,
    Case,
)
from tests.contract.objects import Manifest, training_job
from tests.contract.updates import (
    AGAINST_WHAT_HAS_ENDED,
    AGAINST_WHAT_IS_STORED,
    ALLOWED_UPDATES,
    Update,
)


@pytest.mark.parametrize("case", AGAINST_A_RULE.values(), ids=list(AGAINST_A_RULE))
def test_a_rule_refuses_with_a_remedy(case: Case) -> None:
    manifest, says = case
    assert [message for message in complaints(manifest) if says in message]


@pytest.mark.parametrize("case", AGAINST_A_RULE.values(), ids=list(AGAINST_A_RULE))
def test_one_mistake_is_one_complaint(case: Case) -> None:
    manifest, _ = case
    assert len(complaints(manifest)) == 1


@pytest.mark.parametrize("case", AGAINST_A_BOUND.values(), ids=list(AGAINST_A_BOUND))
def test_a_bound_refuses(case: Case) -> None:
    manifest, says = case
    if says != "Duplicate value":  # keys of lists are not part of JSON schema; the real API server knows them
        assert complaints(manifest)


@pytest.mark.parametrize("update", AGAINST_WHAT_IS_STORED.values(), ids=list(AGAINST_WHAT_IS_STORED))
def test_what_is_settled_stays(update: Update) -> None:
    stored, applied, says = update
    assert complaints(applied) == []
    assert complaints(applied, stored) == [
        message for message in complaints(applied, stored) if says in message
    ]
    assert len(complaints(applied, stored)) == 1


@pytest.mark.parametrize("update", AGAINST_WHAT_HAS_ENDED.values(), ids=list(AGAINST_WHAT_HAS_ENDED))
def test_what_has_ended_stays(update: Update) -> None:
    stored, applied, says = update
    assert [message for message in complaints(applied, stored) if says in message]


@pytest.mark.parametrize("update", ALLOWED_UPDATES.values(), ids=list(ALLOWED_UPDATES))
def test_what_may_change_changes(update: tuple[Manifest, Manifest]) -> None:
    stored, applied = update
    assert complaints(applied, stored) == []


GOOD_URIS = (
    "configmap://loans/loans.csv",
    "configmap://loans.v1/LOANS_2026-11.csv",
    "pvc://data/loans.csv",
    "pvc://data/2026/11/loans..final.csv",
    "s3://bucket/folder/loans.parquet",
    "gs://bucket/loans.csv",
    "https://host:8443/loans.csv?version=2",
    "http://minio.storage.svc:9000/loans/loans.csv",
    "https://host/a@b.csv",
    "builtin://breast-cancer",
)


@pytest.mark.parametrize("uri", GOOD_URIS)
def test_a_good_uri_is_admitted(uri: str) -> None:
    assert complaints(training_job(data__uri=uri)) == []
