"""What is wrong with a simulated canary: requests that go worse, a training in another world, a broken column."""

from __future__ import annotations

from dataclasses import dataclass, replace

from leeway.cli.play.arms import Arm
from leeway.cli.play.profiles import with_column
from leeway.cli.play.requests import Rates
from leeway.cli.play.rollout import Scenario
from leeway.cli.play.synthetic import Shares, Synthetic, drifted
from leeway.cli.play.traffic import Traffic
from leeway.cli.read.numbers import read_number
from leeway.cli.refusal import BadInputError
from leeway.core.evidence.profile import SCORE, Profile

TWIN = "nothing (A/A)"
RECORDED = "recorded answers"
MOST_IMPORTANT = "psi"
_RATES = {"errors": "--error-rate", "latency": "--latency-rate", "invalid": "--invalid-rate"}
_QUALITY = "quality"
_OTHER_UNIT = 1000


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

    def scenario(
        self,
        name: str,
        *,
        rates: Rates | None = None,
        traffic: Traffic | None = None,
        profile: Profile | None = None,
    ) -> Scenario:
        """Return a scenario in which the canary has other rates, other answers or another profile."""
        canary, stable = self.arms
        arms = (canary.with_profile(profile) if profile else canary, stable)
        return Scenario(name, arms, (rates or self.rates, self.rates), traffic or self.traffic)


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
            f"--worse {text}: stable has none, and no multiple of none is more; give {_RATES[name]}."
        )
    worse = _share("--worse", text, rate * factor)
    return setting.scenario(text, rates=replace(setting.rates, **{name: worse}))


def make_drift(setting: Setting, text: str) -> Scenario:
    """Return a canary of which traffic is at so much PSI from what its training knew, or from its usual scores.

    Both arms get the same traffic; a column tells them apart by what each version's profile has of it.
    """
    name, psi = _pair("--drift", text, "psi=0.3")
    place = _place(setting.profile, "--drift", name)
    column = (*setting.profile.features, setting.profile.score)[place]
    shares = drifted(column.counts, psi)
    if shares is None:
        raise BadInputError(
            f"--drift {text}: no shares of {column.name!r} are at a PSI of {psi:g}; choose a smaller one."
        )
    title = f"{column.name} at PSI {psi:g}"
    if place == len(setting.profile.features):
        return setting.scenario(title, traffic=_with_scores(setting.traffic, text, shares))
    counts = tuple(round(share * setting.profile.rows) for share in shares)
    profile = with_column(setting.profile, place, replace(column, counts=counts))
    return setting.scenario(title, profile=profile)


def make_broken(setting: Setting, name: str) -> Scenario:
    """Return a canary that was trained with a column in other units: every value is far outside of what it knows."""
    place = _place(setting.profile, "--broken", name)
    if place == len(setting.profile.features):
        raise BadInputError(f"--broken {name}: it is no column; name one of {_names(setting.profile)}.")
    column = setting.profile.features[place]
    outside = column.labels.index("unseen" if "unseen" in column.labels else "other")
    in_other_units = replace(
        column,
        edges=tuple(_OTHER_UNIT * edge for edge in column.edges),
        limits=tuple(_OTHER_UNIT * limit for limit in column.limits),
        categories=tuple(f"{category}'" for category in column.categories),
    )
    return setting.scenario(
        f"{column.name} in other units",
        traffic=setting.traffic.with_column_in(place, outside),
        profile=with_column(setting.profile, place, in_other_units),
    )


def _with_scores(traffic: Traffic, text: str, shares: Shares) -> Traffic:
    if not isinstance(traffic, Synthetic):
        raise BadInputError(
            f"--drift {text}: recorded scores are not changed; give the canary's by --canary-stream."
        )
    return replace(traffic, canary=traffic.canary.with_column(len(traffic.canary.shares) - 1, shares))


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
