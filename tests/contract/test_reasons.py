"""Trainer, verifier and server give reasons by words that the operator knows, and each word stands in one place."""

import ast
from pathlib import Path

from leeway.api import reasons as operator
from model_server.contract import reasons as server

ROOT = Path(__file__).parents[2]
WORDS = {word for name, word in vars(server).items() if name.isupper()}
OWN = {word for name, word in vars(operator).items() if name.isupper() and isinstance(word, str)}


def test_the_operator_explains_every_word_of_the_server_and_no_other_that_is_not_its_own() -> None:
    assert WORDS - set(operator.MEANINGS) == set()
    assert set(operator.MEANINGS) - OWN - WORDS == set()


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
