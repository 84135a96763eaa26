"""Steps, gates and false-alarm rates that must be refused; `broken_manifests` has them among the others."""

from __future__ import annotations

from tests.contract.objects import Manifest, model_deployment

_STEP: Manifest = {"weight": 5, "pause": True}

AGAINST_A_RULE: dict[str, tuple[Manifest, str]] = {
    "a rate of false alarms of 0": (model_deployment(falseAlarmRate="0.000"), "above 0 and at most 0.2"),
    "a rate of false alarms above 0.2": (model_deployment(falseAlarmRate="0.21"), "above 0 and at most 0.2"),
    "a gate with the name of one that is there": (
        model_deployment(gates=[{"name": "invalid-input", "metric": "Latency"}]),
        "rename the gate",
    ),
}

AGAINST_A_BOUND: dict[str, tuple[Manifest, str]] = {
    "a second step": (model_deployment(rollout__steps=[_STEP, _STEP]), "must have at most 1 item"),
    "a step of all requests": (
        model_deployment(rollout__steps=[_STEP | {"weight": 100}]),
        "less than or equal to 99",
    ),
    "a step that does not pause": (model_deployment(rollout__steps=[{"weight": 5}]), "pause: Required value"),
    "eleven gates": (
        model_deployment(gates=[{"name": f"g{n}", "metric": "Latency"} for n in "abcdefghijk"]),
        "must have at most 10 items",
    ),
    "two gates of a canary of one name": (
        model_deployment(gates=[{"name": "a", "metric": "Latency"}] * 2),
        "Duplicate value",
    ),
    "a gate of a canary that nobody judges": (
        model_deployment(gates=[{"name": "a", "metric": "Luck"}]),
        'Unsupported value: "Luck"',
    ),
    "a rate that is no fraction": (
        model_deployment(falseAlarmRate="1%"),
        "spec.falseAlarmRate in body should match",
    ),
}
