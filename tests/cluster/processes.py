"""Processes of pods, on the machine that the native cluster runs on: found, and killed without a word."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.cluster.kube import Kube, Manifest, running_operators

OPERATOR, SERVER = "leeway", "model_server"


def kill_operators(system: Kube) -> None:
    """Every process of the operator is killed by SIGKILL."""
    for name in running_operators(system):
        assert kill(system.get("pod", name), OPERATOR), "the operator's process is not on this machine"


def kill(pod: Manifest, program: str) -> int:
    """Kill the pod's processes of a program by SIGKILL, and return how many there were."""
    found = processes_of(pod["metadata"]["uid"], program)
    for process in found:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            continue  # it went with the one that started it
    return len(found)


def processes_of(uid: str, program: str) -> list[int]:
    """Return the processes of a pod that run `python -m PROGRAM`, by the pod's control group."""
    names = (f"pod{uid}", f"pod{uid.replace('-', '_')}")
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            group, command = (folder / "cgroup").read_text(), (folder / "cmdline").read_text()
        except OSError:
            continue  # it has ended meanwhile
        if program in command and any(name in group for name in names):
            found.append(int(folder.name))
    return found
