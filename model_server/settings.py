"""What the server takes from its environment, read once."""

from collections.abc import Mapping
from dataclasses import dataclass

from model_server.cpus import count_cpus

MAX_THREADS = 4  # more wait for the interpreter's lock rather than compute
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class InvalidSetting(ValueError):  # noqa: N818  says what is wrong
    """An environment variable has a value the server cannot use; the message names it."""


@dataclass(frozen=True)
class Settings:
    """Limits and names; sizes in bytes, times in seconds.

    `feedback_root` is the folder of the keys of feedback; empty where none is taken.
    """

    deployment: str = ""
    log_level: str = "INFO"
    max_rows: int = 10_000
    max_body_bytes: int = 8 << 20
    drain_seconds: float = 5.0
    threads: int = 1
    feedback_root: str = ""


def read_settings(env: Mapping[str, str]) -> Settings:
    """Return the settings in LEEWAY_* variables, or raise InvalidSetting naming the variable."""
    return Settings(
        deployment=env.get("LEEWAY_DEPLOYMENT_NAME", ""),
        log_level=level(env.get("LEEWAY_LOG_LEVEL", "Info")),
        max_rows=integer(env, "LEEWAY_MAX_ROWS", Settings.max_rows, 1),
        max_body_bytes=integer(env, "LEEWAY_MAX_BODY_BYTES", Settings.max_body_bytes, 1),
        drain_seconds=integer(env, "LEEWAY_DRAIN_SECONDS", int(Settings.drain_seconds), 0),
        threads=min(MAX_THREADS, count_cpus()),
        feedback_root=env.get("LEEWAY_FEEDBACK_ROOT", ""),
    )


def integer(env: Mapping[str, str], name: str, default: int, least: int) -> int:
    """Return the variable as an integer of at least `least`, or raise InvalidSetting."""
    # A variable that is set to nothing counts as not set.
    text = env.get(name, "") or str(default)
    if not (text.isascii() and text.isdigit()) or int(text) < least:
        raise InvalidSetting(f"{name} is {text!r}; give a whole number of at least {least}")
    return int(text)


def level(text: str) -> str:
    """Return the log level in capitals, or raise InvalidSetting."""
    if text.upper() not in LEVELS:
        raise InvalidSetting(f"LEEWAY_LOG_LEVEL is {text!r}; give Debug, Info, Warning or Error")
    return text.upper()
