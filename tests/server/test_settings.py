"""What the environment says, and what the log says."""

import json
import logging

import pytest

from model_server.logs import JsonFormatter
from model_server.settings import InvalidSetting, read_settings

READ: dict[str, tuple[dict[str, str], dict[str, object]]] = {
    "nothing set": (
        {},
        {"max_rows": 10_000, "max_body_bytes": 8 << 20, "drain_seconds": 5, "log_level": "INFO"},
    ),
    "what the operator sets": (
        {
            "LEEWAY_LOG_LEVEL": "Debug",
            "LEEWAY_MAX_ROWS": "7",
            "LEEWAY_MAX_BODY_BYTES": "99",
        },
        {"log_level": "DEBUG", "max_rows": 7, "max_body_bytes": 99},
    ),
    "a name and no drain": (
        {"LEEWAY_DEPLOYMENT_NAME": "credit", "LEEWAY_DRAIN_SECONDS": "0"},
        {"deployment": "credit", "drain_seconds": 0},
    ),
    "empty is as unset": ({"LEEWAY_MAX_ROWS": ""}, {"max_rows": 10_000}),
}


@pytest.mark.parametrize("case", READ)
def test_settings_are_read(case: str) -> None:
    env, want = READ[case]
    settings = read_settings(env)
    assert {name: getattr(settings, name) for name in want} == want


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "many", "١", "1e3"])
def test_a_limit_that_is_no_positive_number_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidSetting, match="LEEWAY_MAX_ROWS"):
        read_settings({"LEEWAY_MAX_ROWS": text})


def test_a_log_line_is_one_object_with_what_was_added() -> None:
    record = logging.makeLogRecord(
        {"name": "model_server", "levelname": "INFO", "msg": "answering\n%s", "args": ("x",), "status": 200}
    )
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert json.loads(line) | {"time": ""} == {
        "time": "",
        "level": "info",
        "logger": "model_server",
        "message": "answering\nx",
        "status": 200,
    }


def test_a_fault_is_logged_with_where_it_happened() -> None:
    try:
        int("odd")
    except ValueError as error:
        record = logging.makeLogRecord(
            {"msg": "failing", "exc_info": (ValueError, error, error.__traceback__)}
        )
    assert "ValueError: invalid literal" in json.loads(JsonFormatter().format(record))["exception"]
