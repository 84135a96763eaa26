"""Trainer, verifier and server give reasons by words that the operator knows, and each word stands in one place."""

import ast
from pathlib import Path

from leeway.api.reasons import Reason
from model_server.contract import reasons as server

ROOT = Path(__file__).parents[2]
WORDS = {word for name, word in vars(server).items() if name.isupper()}


def test_the_operator_explains_every_word_of_the_server() -> None:
    assert {reason for reason in WORDS if reason not in set(Reason)} == set()


def test_every_reason_is_given_by_somebody() -> None:
    given = {
        node.attr
        for path in (ROOT / "operator").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Reason"
    }
    assert {reason.name for reason in Reason if reason not in WORDS} - given == set()


def test_no_module_of_the_server_spells_a_reason_itself() -> None:
    outcomes = {"GateFailed"}  # also the word of an outcome
    found = [
        (path.relative_to(ROOT).as_posix(), node.lineno, node.value)
        for path in (ROOT / "model_server").rglob("*.py")
        if path.name != "reasons.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in WORDS - outcomes
    ]
    assert found == []
