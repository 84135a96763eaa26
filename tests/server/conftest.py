"""Models are trained once for all tests of the server."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from model_server.settings import Settings
from model_server.version.load import load, make_served, read_manifest
from model_server.version.served import ServedModel
from tests.server import models
from tests.server.listening import Client, listening

SETTINGS = Settings(deployment="loans-eu", max_rows=50, max_body_bytes=20_000)


@pytest.fixture(scope="session")
def versions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Directories as a trainer writes them, by model name."""
    root = tmp_path_factory.mktemp("versions")
    made = {
        "loan-default": (models.make_loan_model(), models.LOAN, {"accuracy": "0.91", "f1": "0.87"}),
        "point": (models.make_point_model(), models.POINT, {}),
        "vector": (models.make_vector_model(), models.POINT, {}),
        "linear-regression": (models.make_line_model(), models.LINE, {"r2": "1.0"}),
    }
    for name, (model, signature, metrics) in made.items():
        models.write_version(root / name, name, model, msgspec.to_builtins(signature), metrics=metrics)
    return {name: root / name for name in made}


def served_from(directory: Path) -> ServedModel:
    """Return the version in a directory, loaded as the server loads it."""
    manifest = read_manifest(directory / "modelversion.json")
    return make_served(load(manifest, directory), SETTINGS.deployment)


@pytest.fixture
async def loan(versions: dict[str, Path]) -> AsyncIterator[Client]:
    """A server of the loan model, which has all three kinds of columns."""
    async with listening(served_from(versions["loan-default"]), SETTINGS) as client:
        yield client


@pytest.fixture
async def point(versions: dict[str, Path]) -> AsyncIterator[Client]:
    """A server of a classifier of two numbers."""
    async with listening(served_from(versions["point"]), SETTINGS) as client:
        yield client


@pytest.fixture
async def line(versions: dict[str, Path]) -> AsyncIterator[Client]:
    """A server of the line y = 2x."""
    async with listening(served_from(versions["linear-regression"]), SETTINGS) as client:
        yield client
