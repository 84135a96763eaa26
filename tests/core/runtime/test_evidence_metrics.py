"""What dashboards see of a held canary, and that nothing of it is left when the canary has gone."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, generate_latest

from leeway.api.gates import Verdict, VerdictState
from leeway.api.kinds import Key
from leeway.shell.evidence.metrics import EvidenceMetrics, Reading
from tests.core.passes import DEPLOYMENT
from tests.core.runtime.held_canary import held_canary

VERDICT = Verdict(
    name="columns", metric="DataDrift", state=VerdictState.FAIL, message="So it is.", effect="0.31", lower="0.22",
    threshold="0.2", canary_rows=1240, stable_rows=5000, features=("income",),
)  # fmt: skip
READING = Reading(
    Key("ModelDeployment", "ml", "loan"),
    "loan",
    {"loan-1": {"income": 0.01, "age": 0.0}, "loan-2": {"income": 0.31, "age": 0.02}},
    (VERDICT,),
)
OF = 'name="loan",namespace="ml"'
GATE = f'gate="columns",{OF}'
SHOWN = {
    f'leeway_drift_psi{{model="loan",{OF},version="loan-2"}} 0.31',
    f'data_drift_score{{model="loan",{OF},version="loan-1"}} 0.01',
    f'leeway_feature_drift_psi{{feature="income",model="loan",{OF},version="loan-2"}} 0.31',
    f'leeway_feature_drift_psi{{feature="age",model="loan",{OF},version="loan-2"}} 0.02',
    f'leeway_gate_state{{{GATE},state="Fail"}} 1.0',
    f'leeway_gate_state{{{GATE},state="Pass"}} 0.0',
    f'leeway_gate_rows{{arm="canary",{GATE}}} 1240.0',
    f"leeway_gate_effect{{{GATE}}} 0.31",
    f"leeway_gate_lower{{{GATE}}} 0.22",
    f"leeway_gate_threshold{{{GATE}}} 0.2",
}


def shown(*readings: Reading) -> set[str]:
    registry = CollectorRegistry()
    registry.register(EvidenceMetrics(lambda: readings))
    lines = generate_latest(registry).decode().splitlines()
    return {line for line in lines if not line.startswith("#")}


def test_a_verdict_and_the_drift_are_shown_with_their_numbers() -> None:
    page = shown(READING)
    assert page >= SHOWN
    assert not [line for line in page if line.startswith("leeway_gate_upper")], "it has none"


def test_nothing_is_shown_while_no_canary_is_held() -> None:
    assert shown() == set()


async def test_the_series_of_a_canary_go_with_it() -> None:
    async with held_canary() as world:
        await world.round()
        collector = world.process.collector
        assert [reading.key for reading in collector.readings()] == [DEPLOYMENT]
        assert all(reading.verdicts for reading in collector.readings())
        world.change(modelVersionName="iris-1")
        await world.reconcile_own()
        await world.round()
        assert list(collector.readings()) == []
        assert collector.publications.get(DEPLOYMENT, world.uid) is None
