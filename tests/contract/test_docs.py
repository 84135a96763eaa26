"""The documentation speaks of this code: links lead somewhere, reasons exist, manifests are admitted."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from leeway.api.reasons import Reason
from leeway.crds.__main__ import DEFINITIONS
from tests.contract.admission import Schema, complaints, fields_of, schema_of

ROOT = Path(__file__).parents[2]
PLACES = ("README.md", "docs/**/*.md", "charts/*/README.md", "examples/*/README.md", "tests/data/README.md")
PAGES = {str(page.relative_to(ROOT)): page for place in PLACES for page in sorted(ROOT.glob(place))}
# Manifests that pages and tests tell users to apply, as files.
FILES = {
    str(file.relative_to(ROOT)): file
    for place in ("examples/*/*.yaml", "tests/data/*.yaml")
    for file in sorted(ROOT.glob(place))
}
KINDS = {definition.kind.kind for definition in DEFINITIONS}

LINK = re.compile(r"\[[^\]]*\]\((?!\w+:)([^)\s]+)\)")
FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
MAKE = re.compile(r"^(?:\$ )?make ((?:[a-z-]+(?: |$))+)", re.MULTILINE)
MODULE = re.compile(r"python -m ([\w.]+)")
OURS = re.compile(r"(?<![\w/.-])(?:examples|charts|crds|docs|tests)/[\w./-]*[\w/]")
CAMEL_CASE = re.compile(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`")

# Words in backticks that look like reasons and are Kubernetes' own.
KUBERNETES_WORDS = {
    "ConfigMap",
    "ReadWriteOnce",
    "ReadWriteMany",
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "CrashLoopBackOff",
}
REPORTERS = {"InputRefused", "TryAgain", "Outcome", "failed"}


def test_every_page_is_looked_at() -> None:
    assert {"README.md", "docs/tutorial.md", "docs/reference.md", "docs/how-to/operate.md"} <= set(PAGES)
    assert {"charts/leeway/README.md", "examples/s3-car-loan/README.md"} <= set(PAGES)
    assert "examples/s3-car-loan/trainingjob.yaml" in FILES


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_file_and_a_heading(page: str) -> None:
    broken = [
        link for link in LINK.findall(CODE.sub("", prose(page))) if not leads_somewhere(PAGES[page], link)
    ]
    assert broken == []


@pytest.mark.parametrize("page", PAGES)
def test_every_reason_that_is_named_exists(page: str) -> None:
    named = set(CAMEL_CASE.findall(prose(page)))
    assert named - known_words() == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_manifest_of_ours_is_admitted(page: str) -> None:
    problems = [problem for manifest in manifests(page) for problem in problems_of(manifest)]
    assert problems == []


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_has_what_it_names(page: str) -> None:
    assert absent(commands(page)) == []


def test_a_command_that_cannot_work_is_found() -> None:
    commands = "make cluser\npython -m leway\n$ kubectl apply -f examples/s4/\nmake test\npython -m leeway"
    assert absent(commands) == ["make cluser", "python -m leway", "examples/s4/"]


@pytest.mark.parametrize("file", FILES)
def test_every_manifest_file_of_ours_is_admitted(file: str) -> None:
    found = yaml.safe_load_all(FILES[file].read_text(encoding="utf-8"))
    problems = [
        problem for manifest in found if manifest["kind"] in KINDS for problem in problems_of(manifest)
    ]
    assert problems == []


TELLING: dict[str, tuple[str, str]] = {
    "a heading": ("docs/tutorial.md", "reference.md#reasons"),
    "a file beside it": ("docs/tutorial.md", "how-to/data.md"),
    "a folder": ("README.md", "docs/decisions/"),
}
TELLING_NOT: dict[str, tuple[str, str]] = {
    "a heading that is not there": ("docs/tutorial.md", "reference.md#nowhere"),
    "a file that is not there": ("docs/tutorial.md", "nowhere.md"),
}


@pytest.mark.parametrize(("page", "link"), TELLING.values(), ids=TELLING)
def test_a_good_link_is_good(page: str, link: str) -> None:
    assert leads_somewhere(PAGES[page], link)


@pytest.mark.parametrize(("page", "link"), TELLING_NOT.values(), ids=TELLING_NOT)
def test_a_broken_link_is_found(page: str, link: str) -> None:
    assert not leads_somewhere(PAGES[page], link)


def test_a_field_that_does_not_exist_is_found() -> None:
    manifest = {
        "kind": "ModelDeployment",
        "metadata": {"name": "a"},
        "spec": {"modelName": "a", "versoin": "a-1"},
    }
    assert "spec.versoin: no such field" in problems_of(manifest)


def prose(page: str) -> str:
    """The page without its fenced blocks."""
    return FENCED.sub("", PAGES[page].read_text(encoding="utf-8"))


def leads_somewhere(page: Path, link: str) -> bool:
    """Whether the relative link names something in the repository, and a heading of it when it has a fragment."""
    path, _, fragment = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists() or not target.is_relative_to(ROOT):
        return False
    return not fragment or fragment in anchors(target)


def anchors(page: Path) -> set[str]:
    """The fragments by which a page's headings are reached."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in HEADING.findall(text)}


def known_words() -> set[str]:
    """Reasons of the operator, the trainer and the verifier, and every word of the API that looks like one."""
    return {str(reason) for reason in Reason} | reported_reasons() | words_of_the_api() | KUBERNETES_WORDS


def words_of_the_api() -> set[str]:
    """Kinds, values of enumerations, and the types of conditions."""
    fields = [field for kind in KINDS for _, field in fields_of(schema_of(kind))]
    values = {str(value) for field in fields for value in field.get("enum", ())}
    return KINDS | values


def reported_reasons() -> set[str]:
    """The words that trainer and verifier report in their termination message."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "model_server").glob("**/*.py")]
    calls = [node for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    spoken = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in REPORTERS]
    arguments = [
        *(call.args[0] for call in spoken if call.args),
        *(keyword.value for call in spoken for keyword in call.keywords if keyword.arg == "reason"),
    ]
    return {str(found.value) for found in arguments if isinstance(found, ast.Constant)}


def commands(page: str) -> str:
    """The page's blocks of commands."""
    found = FENCED.findall(PAGES[page].read_text(encoding="utf-8"))
    return "\n".join(block for language, block in found if language in {"sh", "console"})


def absent(commands: str) -> list[str]:
    """Targets of make, Python modules and paths of the repository that are named and do not exist."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = [word for line in MAKE.findall(commands) for word in line.split() if "=" not in word]
    return [
        *(f"make {target}" for target in asked if target not in targets),
        *(f"python -m {module}" for module in MODULE.findall(commands) if find_spec(module) is None),
        *(path for path in OURS.findall(commands) if not (ROOT / path).exists()),
    ]


def manifests(page: str) -> Iterator[dict[str, Any]]:
    """Our objects in the page's YAML blocks."""
    for language, block in FENCED.findall(PAGES[page].read_text(encoding="utf-8")):
        documents = yaml.safe_load_all(block) if language == "yaml" else ()
        yield from (one for one in documents if isinstance(one, dict) and one.get("kind") in KINDS)


def problems_of(manifest: dict[str, Any]) -> list[str]:
    """Why the API server would refuse the manifest, fields it does not know included."""
    unknown = unknown_fields(schema_of(manifest["kind"])["properties"]["spec"], manifest["spec"], "spec")
    return [*complaints(manifest), *(f"{path}: no such field" for path in unknown)]


def unknown_fields(schema: Schema, value: Any, path: str) -> Iterator[str]:
    """The paths of fields that the schema does not have."""
    if isinstance(value, list):
        for entry in value:
            yield from unknown_fields(schema["items"], entry, f"{path}[]")
    if isinstance(value, dict) and "properties" in schema:
        for name, child in value.items():
            if name in schema["properties"]:
                yield from unknown_fields(schema["properties"][name], child, f"{path}.{name}")
            else:
                yield f"{path}.{name}"
