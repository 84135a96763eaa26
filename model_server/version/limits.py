"""How much memory and time a child may take to load a version: enough for any model of its size, and no more."""

import resource
import signal
from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20
MOST_SECONDS = (
    300  # of both clocks; the verifier's Job ends after ten minutes, which also have to fetch the files
)
BASE_BYTES = 1 << 30  # addresses of scikit-learn and its libraries, most of which are never touched
BYTES_PER_BYTE = 8  # JSON becomes objects of Python, which are larger; measured: up to 4
BASE_SECONDS = 60
SECONDS_PER_MIB = 2
MEMORY_FILES = ("memory.max", "memory/memory.limit_in_bytes")  # cgroups v2, v1


@dataclass(frozen=True)
class Limits:
    """What loading may take: bytes of address space beyond those in use, and seconds of CPU time and on the clock."""

    memory_bytes: int
    cpu_seconds: int
    seconds: int


def limits_for(unpacked_bytes: int, memory_bytes: int) -> Limits:
    """Return the limits for a model that unpacks to so many bytes, where the container may use so much memory."""
    for_model = min(BYTES_PER_BYTE * unpacked_bytes, memory_bytes)
    cpu_seconds = BASE_SECONDS + SECONDS_PER_MIB * unpacked_bytes // MIB
    return Limits(BASE_BYTES + for_model, min(cpu_seconds, MOST_SECONDS), MOST_SECONDS)


def apply_limits(limits: Limits) -> None:
    """Limit this process from now on; nothing takes that back.

    Beyond the memory, allocating raises MemoryError or aborts; beyond the times SIGXCPU or SIGALRM ends the process.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    lower(resource.RLIMIT_AS, used_address_space() + limits.memory_bytes)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    lower(resource.RLIMIT_CPU, int(usage.ru_utime + usage.ru_stime) + limits.cpu_seconds)
    signal.setitimer(signal.ITIMER_REAL, limits.seconds)


def lower(kind: int, limit: int) -> None:
    """Lower the soft limit, where the hard one is not lower still."""
    _, hard = resource.getrlimit(kind)
    most = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(kind, (most, hard))


def used_address_space() -> int:
    """Return how many bytes of addresses this process uses."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def memory_of_container(root: Path = Path("/sys/fs/cgroup")) -> int:
    """Return how many bytes this container may use: those of its limit, or of the machine."""
    for name in MEMORY_FILES:
        text = (root / name).read_text().strip() if (root / name).is_file() else ""
        if text.isdigit():
            return min(int(text), memory_of_machine())
    return memory_of_machine()


def memory_of_machine() -> int:
    """Return how many bytes of memory the machine has."""
    [line] = [one for one in Path("/proc/meminfo").read_text().splitlines() if one.startswith("MemTotal:")]
    return int(line.split()[1]) * 1024
