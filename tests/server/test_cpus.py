"""How many threads make sense is what the container may use, not what the node has."""

from pathlib import Path

import pytest

from model_server.cpus import count_cpus, count_schedulable, get_quota

V2 = "cpu.max"
QUOTA = "cpu/cpu.cfs_quota_us"
PERIOD = "cpu/cpu.cfs_period_us"
QUOTAS: dict[str, tuple[dict[str, str], float | None]] = {
    "no control group": ({}, None),
    "version 2 without a limit": ({V2: "max 100000\n"}, None),
    "version 2, a quarter of a CPU": ({V2: "25000 100000\n"}, 0.25),
    "version 2, a CPU and a half": ({V2: "150000 100000\n"}, 1.5),
    "version 1 without a limit": ({QUOTA: "-1\n", PERIOD: "100000\n"}, None),
    "version 1, two CPUs": ({QUOTA: "200000\n", PERIOD: "100000\n"}, 2.0),
    "version 1 without a period": ({QUOTA: "200000\n"}, None),
    "a period of nothing": ({V2: "1 0\n"}, None),
    "something else": ({V2: "lots\n"}, None),
}


@pytest.mark.parametrize("case", QUOTAS)
def test_the_quota_is_read(case: str, tmp_path: Path) -> None:
    files, quota = QUOTAS[case]
    (tmp_path / "cpu").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert get_quota(tmp_path) == quota
    assert 1 <= count_cpus(tmp_path) <= count_schedulable()
    if quota is not None and quota <= 1:
        assert count_cpus(tmp_path) == 1
