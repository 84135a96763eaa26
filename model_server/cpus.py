"""How many CPUs this process may use: of the machine, by its affinity, and within the quota of its control group."""

import math
import os
from pathlib import Path

CGROUP_ROOT = Path("/sys/fs/cgroup")


def count_cpus(root: Path = CGROUP_ROOT) -> int:
    """Return the number of CPUs, at least 1; a quota of half a CPU counts as one."""
    # A container with a limit of one CPU sees all those of its node; threads beyond the quota only get in its way.
    quota = get_quota(root)
    return max(1, min(count_schedulable(), math.ceil(quota) if quota else 1 << 30))


def count_schedulable() -> int:
    """Return on how many CPUs the process may be scheduled; not every system tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def get_quota(root: Path) -> float | None:
    """Return the CPUs that the control group allows, by version 2 or 1; None without a limit."""
    v2 = get_words(root / "cpu.max")
    v1 = get_words(root / "cpu" / "cpu.cfs_quota_us") + get_words(root / "cpu" / "cpu.cfs_period_us")
    for words in (v2, v1):
        if len(words) == 2 and all(word.isdigit() for word in words) and int(words[1]):
            return int(words[0]) / int(words[1])
    return None


def get_words(path: Path) -> list[str]:
    """Return the words of a file; none when it cannot be read."""
    try:
        return path.read_text().split()
    except OSError:
        return []
