"""What is wrong with a simulated canary: requests that go worse, a column that drifts, a column that breaks."""

from __future__ import annotations

from dataclasses import dataclass, replace

from leeway.cli.arms import Arm
from leeway.cli.numbers import read_number
from leeway.cli.refusal import BadInputError
from leeway.cli.requests import Rates
from leeway.cli.rollout import Scenario
from leeway.cli.synthetic import Synthetic, drifted
from leeway.cli.traffic import Traffic
from leeway.core.evidence.profile import SCORE, Profile

TWIN = "none: the canary is stable's twin (A/A)"
RECORDED = "recorded: the canary's answers"
MOST_IMPORTANT = "psi"
_RATES = ("errors", "latency", "invalid")
_QUALITY = "quality"


@dataclass(frozen=True, slots=True)
class Setting:
    """Canary and stable while nothing is wrong."""

    arms: tuple[Arm, Arm]
    rates: Rates
    traffic: Traffic

    @property
    def profile(self) -> Profile:
        """Return the canary's profile."""
        return self.arms[0].profile

    def scenario(self, name: str, rates: Rates | None = None, traffic: Traffic | None = None) -> Scenario:
        """Return a scenario in which the canary has other rates, or other answers."""
        return Scenario(name, self.arms, (rates or self.rates, self.rates), traffic or self.traffic)


def make_worse(setting: Setting, text: str) -> Scenario:
    """Return a canary whose share of something bad is so many times stable's, from `errors=2x`."""
    name, factor = _pair("--worse", text, "errors=2x")
    if name == _QUALITY:
        return setting.scenario(text, traffic=_with_wrong(setting.traffic, text, factor))
    if name not in _RATES:
        raise BadInputError(
            f"--worse {text}: there is no {name!r}; choose errors, latency, invalid or quality."
        )
    rate = getattr(setting.rates, name)
    if not rate:
        raise BadInputError(
            f"--worse {text}: stable has none, so that no factor changes it; give --{name}-rate."
        )
    return setting.scenario(
        text, rates=replace(setting.rates, **{name: _share("--worse", text, rate * factor)})
    )


def make_drift(setting: Setting, text: str) -> Scenario:
    """Return a canary that gets a column, or answers with scores, at so much PSI from the profile."""
    if not isinstance(setting.traffic, Synthetic):
        raise BadInputError(
            f"--drift {text}: recorded rows are not changed; give the canary's rows by --canary-stream."
        )
    name, psi = _pair("--drift", text, "psi=0.3")
    place = _place(setting.profile, "--drift", name)
    column = (*setting.profile.features, setting.profile.score)[place]
    shares = drifted(column.counts, psi)
    if shares is None:
        raise BadInputError(
            f"--drift {text}: no shares of {column.name!r} are at a PSI of {psi:g}; choose a smaller one."
        )
    canary = setting.traffic.canary.with_column(place, shares)
    return setting.scenario(f"{column.name}: PSI {psi:g}", traffic=replace(setting.traffic, canary=canary))


def make_broken(setting: Setting, name: str) -> Scenario:
    """Return a canary that gets a column as missing in every row."""
    place = _place(setting.profile, "--broken", name)
    if place == len(setting.profile.features):
        raise BadInputError(f"--broken {name}: it is no column; name one of {_names(setting.profile)}.")
    column = setting.profile.features[place]
    broken = setting.traffic.with_broken(place, column.labels.index("missing"))
    return setting.scenario(f"{column.name}: missing", traffic=broken)


def _with_wrong(traffic: Traffic, text: str, factor: float) -> Traffic:
    if not isinstance(traffic, Synthetic):
        raise BadInputError(
            f"--worse {text}: recorded answers are not changed; give the canary's answers by --canary-stream."
        )
    if not traffic.canary.labelled or not traffic.canary.wrong:
        raise BadInputError(f"--worse {text}: no answer turns out wrong; give --label-rate and --wrong-rate.")
    wrong = _share("--worse", text, traffic.canary.wrong * factor)
    return replace(traffic, canary=replace(traffic.canary, wrong=wrong))


def _pair(option: str, text: str, example: str) -> tuple[str, float]:
    name, sign, number = text.rpartition("=")
    value = read_number(number.removesuffix("x"))
    if not sign or not name or value is None or value <= 0:
        raise BadInputError(f"{option} {text}: write it as {example}, with a number above 0.")
    return name, value


def _share(option: str, text: str, share: float) -> float:
    if share > 1:
        raise BadInputError(
            f"{option} {text}: it would be {share:.0%} of the canary's; choose a smaller factor."
        )
    return share


def _place(profile: Profile, option: str, name: str) -> int:
    """Return the place of a column among the features, or that of the score, which follows them."""
    names = [column.name for column in profile.features]
    if name in names:
        return names.index(name)
    if name == MOST_IMPORTANT and names:
        return max(range(len(names)), key=lambda place: profile.features[place].importance)
    if name == SCORE:
        return len(names)
    raise BadInputError(f"{option} {name}: the profile counts no such column; it counts {_names(profile)}.")


def _names(profile: Profile) -> str:
    return ", ".join(column.name for column in profile.features)
