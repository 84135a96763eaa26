"""Scenarios of synthetic traffic by the small profile."""

from __future__ import annotations

import hashlib

from leeway.cli.play.effects import Setting
from leeway.cli.play.profiles import make_arms
from leeway.cli.play.requests import Rates
from leeway.cli.play.synthetic import Source, Synthetic, shares_of
from leeway.cli.read.policy import Policy, read_policy
from leeway.core.evidence.profile import Profile, read_profile
from tests.core.cli.manifests import deployment
from tests.core.cli.profiles import profile_bytes


def policy(*metrics: str) -> Policy:
    gates = [
        {"name": metric.lower(), "metric": metric, "onFail": "Rollback"}
        for metric in metrics or ("ErrorRate",)
    ]
    return read_policy(deployment(gates=gates), "policy.yaml")


def profile() -> Profile:
    content = profile_bytes()
    return read_profile(content, f"sha256:{hashlib.sha256(content).hexdigest()}")


def setting(of: Policy | None = None, rates: Rates | None = None, labelled: float = 0.5) -> Setting:
    arms = make_arms(of or policy(), profile())
    shares = tuple(shares_of(column.counts) for column in (*arms[0].profile.features, arms[0].profile.score))
    source = Source(shares, labelled=labelled, wrong=0.1)
    return Setting(arms, rates or Rates(errors=0.01, latency=0.05), Synthetic(source, source))
