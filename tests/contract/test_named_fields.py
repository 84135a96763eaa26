"""Messages and pages name fields that exist: who is told to change `spec.pod.env` finds it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from leeway.crds.__main__ import DEFINITIONS
from tests.contract.admission import fields_of, schema_of

ROOT = Path(__file__).parents[2]
FIELD = re.compile(r"(?<![\w.])\.?spec((?:\.[a-z][A-Za-z]*)+)")
FIELDS = {
    tuple(path.replace("[]", "").split(".")[2:])
    for definition in DEFINITIONS
    for path, _ in fields_of(schema_of(definition.kind.kind))
    if path.startswith(".spec.")
}
# Of Kubernetes' own kinds, where a page asks for one.
FOREIGN = {".clusterIP"}
SOURCES = sorted([*ROOT.glob("operator/leeway/**/*.py"), *ROOT.glob("model_server/**/*.py")])
PAGES = [
    ROOT / "README.md",
    *sorted(page for page in ROOT.glob("docs/**/*.md") if "decisions" not in page.parts),
]


def texts(path: Path) -> Iterator[str]:
    """The page, or the texts that a program's source holds."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        yield source
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def exists(named: str) -> bool:
    """Whether some kind has the field, or the map above it any key."""
    parts = tuple(named.strip(".").split("."))
    return any(
        len(parts) == len(field) and all(one in (other, "*") for other, one in zip(parts, field, strict=True))
        for field in FIELDS
    )


@pytest.mark.parametrize("path", [*SOURCES, *PAGES], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_field_that_is_named_exists(path: Path) -> None:
    named = {found for text in texts(path) for found in FIELD.findall(text)}
    assert sorted(one for one in named - FOREIGN if not exists(one)) == []


@pytest.mark.parametrize(
    ("named", "is_one"),
    [(".pod.env", True), (".files.model.uri", True), (".env", False), (".files.model.size", False)],
)
def test_a_field_that_is_gone_is_found(named: str, is_one: bool) -> None:
    assert exists(named) is is_one
