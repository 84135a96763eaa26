"""From a policy and the options to a simulation."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from leeway.api.gates import GateMetric
from leeway.cli.play.arms import Arm
from leeway.cli.play.effects import RECORDED, TWIN, Setting, make_broken, make_drift, make_worse
from leeway.cli.play.looks import make_looks
from leeway.cli.play.profiles import made_up_profile, make_arms, read_profile_at, without_bridge
from leeway.cli.play.recorded import Recorded
from leeway.cli.play.requests import Rates
from leeway.cli.play.rollout import Course, Judge, Scenario
from leeway.cli.play.synthetic import Source, Synthetic, shares_of
from leeway.cli.play.traffic import Traffic
from leeway.cli.pool import Simulation
from leeway.cli.read.numbers import read_share
from leeway.cli.read.options import Effects, Options, Pace, Sources, TypedRates
from leeway.cli.read.policy import Policy
from leeway.cli.read.reading import read_canary_rows, read_rows
from leeway.cli.refusal import BadInputError
from leeway.core.evidence.profile import Profile

_DEFAULT_EFFECT = "errors=2x"
# Beyond these, something was mistyped.
_MOST_REQUESTS = 1_000_000  # of a second, and of a round
_MOST_MINUTES = 60 * 24 * 366
_MOST_SECONDS = 3600  # of a round
_MOST_ROUNDS = 100_000


def make_simulation(judge: Judge, policy: Policy, options: Options) -> tuple[Simulation, str]:
    """Return the simulation, and its traffic in words; raise BadInputError naming the option."""
    _refuse_unfitting(options.sources)
    arms = make_arms(policy, _read_profile(options.sources))
    traffic, words = _make_traffic(arms, options)
    course = make_course(options.pace, traffic.rows)
    setting = Setting(arms, _read_rates(options.rates), _twin(traffic))
    scenarios = (setting.scenario(TWIN), *_make_bad(setting, traffic, policy, options))
    return Simulation(judge, policy, course, scenarios, options.rollouts, options.seed), words


def make_course(pace: Pace, rows: int | None) -> Course:
    """Return the course of a rollout, which ends early where fewer rows are recorded."""
    _require_within("--requests-per-second", pace.requests_per_second, _MOST_REQUESTS)
    _require_within("--minutes", pace.minutes, _MOST_MINUTES)
    _require_within("--round-seconds", pace.round_seconds, _MOST_SECONDS)
    if not 0 <= pace.label_delay <= 60 * _MOST_MINUTES:
        raise BadInputError(
            f"--label-delay {pace.label_delay:g}: give seconds from 0 to {60 * _MOST_MINUTES:,}."
        )
    requests = round(pace.requests_per_second * pace.round_seconds)
    if not 1 <= requests <= _MOST_REQUESTS:
        raise BadInputError(
            f"--requests-per-second {pace.requests_per_second:g}: that is {requests:,} requests in a round of"
            f" {pace.round_seconds:g} s; 1 to {_MOST_REQUESTS:,} can be simulated. Change --round-seconds or the rate."
        )
    rounds = round(60 * pace.minutes / pace.round_seconds)
    if not 1 <= rounds <= _MOST_ROUNDS:
        raise BadInputError(
            f"--minutes {pace.minutes:g}: that is {rounds:,} rounds of {pace.round_seconds:g} s; 1 to"
            f" {_MOST_ROUNDS:,} can be simulated."
        )
    if rows is not None and rows < requests:
        raise BadInputError(
            f"--stream has {rows:,} rows, fewer than the {requests:,} requests of one round; lower"
            " --requests-per-second."
        )
    rounds = rounds if rows is None else min(rounds, rows // requests)
    label_rounds = ceil(pace.label_delay / pace.round_seconds)
    return Course(requests, pace.round_seconds, make_looks(rounds, pace.looks), label_rounds)


def _require_within(option: str, value: float, most: int) -> None:
    # Neither NaN nor an infinity passes.
    if not 0 < value <= most:
        raise BadInputError(f"{option} {value:g}: give a number above 0, and at most {most:,}.")


def _refuse_unfitting(sources: Sources) -> None:
    roles = sources.roles
    if sources.stream and not sources.profile:
        raise BadInputError("--stream: give --profile too, by whose bins the rows are counted.")
    if sources.stream and not sources.time_ordered:
        raise BadInputError(
            "--stream: give --time-ordered to say that its rows are in order of time. In any other order they hide how"
            " traffic changes, and the figures would be too good."
        )
    if sources.canary_stream and not sources.stream:
        raise BadInputError("--canary-stream: give --stream too, the same rows as stable answers them.")
    if bool(roles.label) != bool(roles.prediction):
        raise BadInputError("--label-column and --prediction-column: give both, or neither.")


def _read_profile(sources: Sources) -> Profile:
    profile = read_profile_at(sources.profile) if sources.profile else made_up_profile()
    return without_bridge(profile) if sources.stream else profile


def _make_traffic(arms: tuple[Arm, Arm], options: Options) -> tuple[Traffic, str]:
    sources, profiles = options.sources, [arm.profile for arm in arms]
    if sources.stream is None:
        labelled = read_share("--label-rate", options.rates.label)
        wrong = read_share("--wrong-rate", options.rates.wrong)
        # One traffic for both: only the scores are each version's own.
        columns = tuple(shares_of(column.counts) for column in profiles[0].features)
        canary, stable = (
            Source((*columns, shares_of(profile.score.counts)), labelled, wrong) for profile in profiles
        )
        where = f"the shares of {sources.profile}" if sources.profile else "a made-up profile"
        return Synthetic(canary, stable), f"Rows drawn from {where}"
    rows = read_rows(sources.stream, profiles[1], sources.roles)
    if sources.canary_stream is None:
        return Recorded(rows, rows), f"{len(rows.outcomes):,} rows of {sources.stream}"
    canary_rows = read_canary_rows(sources.canary_stream, sources.stream, profiles[0], sources.roles)
    words = f"{len(rows.outcomes):,} rows of {sources.stream}, the canary's of {sources.canary_stream}"
    return Recorded(canary_rows, rows), words


def _twin(traffic: Traffic) -> Traffic:
    """Return the traffic when the canary answers as stable does."""
    return Recorded(traffic.stable, traffic.stable) if isinstance(traffic, Recorded) else traffic


def _make_bad(setting: Setting, traffic: Traffic, policy: Policy, options: Options) -> Iterator[Scenario]:
    """Yield the scenarios in which something is wrong with the canary."""
    effects = options.effects
    if options.sources.canary_stream:
        yield setting.scenario(RECORDED, traffic=traffic)
    elif effects == Effects() and any(gate.metric is GateMetric.ERROR_RATE for gate in policy.gates):
        yield make_worse(setting, _DEFAULT_EFFECT)
    yield from (make_worse(setting, text) for text in dict.fromkeys(effects.worse))
    yield from (make_drift(setting, text) for text in dict.fromkeys(effects.drift))
    yield from (make_broken(setting, name) for name in dict.fromkeys(effects.broken))


def _read_rates(typed: TypedRates) -> Rates:
    return Rates(
        errors=read_share("--error-rate", typed.error),
        invalid=read_share("--invalid-rate", typed.invalid),
        latency=read_share("--latency-rate", typed.latency),
    )
