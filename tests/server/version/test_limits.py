"""Limits follow from the size of a model and from what its container may use."""

from pathlib import Path

import pytest

from model_server.version.limits import Limits, limits_for, memory_of_container, memory_of_machine

GIB = 1 << 30
MIB = 1 << 20

SIZES: dict[str, tuple[int, int, Limits]] = {
    "a small model": (0, 8 * GIB, Limits(GIB, 60, 300)),
    "a model of some megabytes": (50 * MIB, 8 * GIB, Limits(GIB + 400 * MIB, 160, 300)),
    "a large model": (500 * MIB, 8 * GIB, Limits(GIB + 4000 * MIB, 300, 300)),
    "a large model in a small container": (500 * MIB, 512 * MIB, Limits(GIB + 512 * MIB, 300, 300)),
}


@pytest.mark.parametrize(("unpacked", "memory", "limits"), SIZES.values(), ids=SIZES)
def test_limits(unpacked: int, memory: int, limits: Limits) -> None:
    assert limits_for(unpacked, memory) == limits


CONTAINERS: dict[str, tuple[str, str, int | None]] = {
    "a limit of cgroups v2": ("memory.max", "268435456\n", 256 * MIB),
    "no limit of cgroups v2": ("memory.max", "max\n", None),
    "a limit of cgroups v1": ("memory/memory.limit_in_bytes", "268435456\n", 256 * MIB),
    "no limit of cgroups v1": ("memory/memory.limit_in_bytes", "9223372036854771712\n", None),
    "no cgroup": ("other", "", None),
}


@pytest.mark.parametrize(("name", "text", "memory"), CONTAINERS.values(), ids=CONTAINERS)
def test_the_memory_of_a_container(name: str, text: str, memory: int | None, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    assert memory_of_container(tmp_path) == (memory_of_machine() if memory is None else memory)
