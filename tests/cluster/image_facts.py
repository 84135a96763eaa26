"""Run inside a pod of an image (handed over as text): prints as JSON what the tests want to know about it."""

import importlib
import importlib.metadata
import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

ROOTS = (Path("/app"), Path("/opt/leeway"))


def is_present(module: str) -> bool:
    """Return whether the module could be imported."""
    return bool(importlib.util.find_spec(module.partition(".")[0]) and importlib.util.find_spec(module))


def is_writable(path: str) -> bool:
    """Return whether a file can be written there."""
    try:
        Path(path).write_text("x")
    except OSError:
        return False
    return True


def get_capabilities() -> int:
    """Return the effective capabilities of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("CapEff")), 16)


def list_cold() -> list[str]:
    """Return the sources that would be compiled at every start."""
    sources = [path for root in ROOTS for path in root.rglob("*.py")]
    return [str(path) for path in sources if not Path(importlib.util.cache_from_source(str(path))).exists()]


def get_facts(needed: list[str], unwanted: list[str]) -> dict[str, Any]:
    """Return what is there, and what this process may do."""
    for module in needed:
        importlib.import_module(module)
    return {
        "unwanted": [module for module in unwanted if is_present(module)],
        "packages": {d.metadata["Name"]: d.version for d in importlib.metadata.distributions()},
        "user": [os.getuid(), os.getgid()],
        "capabilities": get_capabilities(),
        "writable": [p for p in ("/x", "/app/x", "/opt/leeway/x", "/etc/passwd", "/tmp/x") if is_writable(p)],
        "token": Path("/var/run/secrets/kubernetes.io").exists(),
        "cold": list_cold(),
    }


def get_training_facts() -> dict[str, Any]:
    """Return what only the trainer can do."""
    pandas: Any = importlib.import_module("pandas")
    datasets: Any = importlib.import_module("sklearn.datasets")
    utils: Any = importlib.import_module("sklearn.utils")
    pandas.DataFrame({"x": [1.5, None], "word": ["a", "b"]}).to_parquet("/tmp/table.parquet")
    loaders = ("load_iris", "load_breast_cancer", "load_wine", "load_diabetes", "load_digits")
    return {
        "parquet": json.loads(pandas.read_parquet("/tmp/table.parquet").to_json()),
        "rows": [len(getattr(datasets, loader)().data) for loader in loaders],
        "estimators": len(utils.all_estimators()),
    }


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    facts = get_facts(asked["needed"], asked["unwanted"])
    print(json.dumps(facts | (get_training_facts() if asked["trains"] else {})))
