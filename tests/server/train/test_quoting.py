"""Nothing of a source that is no table is quoted: not in the message, not in the log."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from model_server.contract.outcome import InputRefused
from model_server.train.rows.quoting import are_columns
from model_server.train.run import Order, train
from model_server.train.stages import Lines
from tests.server.train.making import make_job

SECRET = "hush"
KEY = {
    "Code": "Success",
    "AccessKeyId": f"{SECRET}-1",
    "SecretAccessKey": f"{SECRET}-2",
    "Token": f"{SECRET}-3",
}

PAGES = {
    "the name of a role": f"{SECRET}-node-role",
    "the name of a role on a line": f"{SECRET}-node-role\n",
    "names of roles": f"{SECRET}-node-role\n{SECRET}-other-role\n",
    "two words of one line": f"user,{SECRET}\n",
    "credentials as JSON": json.dumps(KEY),
    "credentials as JSON, one line each": json.dumps(KEY, indent=1),
    "credentials as JSON, many times": "\n".join([json.dumps(KEY)] * 3),
    "the same JSON field twice": f'{{"a": "{SECRET}", "{SECRET}": 1, "{SECRET}": 1\n1,2,3\n',
    "settings": f"user = bob, {SECRET}\nkey = {SECRET}, x\n",
    "settings with semicolons": f"user={SECRET}; key={SECRET}\n",
    "settings with tabs": f"user: bob\tkey: {SECRET}\n",
    "a page of HTML": f"<html><a href='{SECRET}'>x, y</a>\n<p>{SECRET}, {SECRET}</p></html>\n",
    "YAML": f"apiVersion: v1\ndata:\n  key: {SECRET}\n",
    "metrics": f'# HELP up, of {SECRET}\nup{{job="{SECRET}",instance="{SECRET}"}} 1\n',
    "a quoted line without end": f'"{SECRET}, {SECRET}\n{SECRET}',
    "rows of many lengths": f"{SECRET}: 1, 2\n{SECRET}, 2, 3, 4\n",
    "bytes": b"\x00\x01\xff" + SECRET.encode(),
    "a page that begins like parquet": f"PAR1{SECRET}{SECRET}PAR1",
}
UNIQUE = {"name": "u", "check": "AllowedValues", "values": ["x"]}
JOBS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "as csv": {"format": "csv"},
    "as parquet": {"format": "parquet"},
    "with a feature": {"features": [{"name": "x", "type": "numeric"}]},
    "with an expectation": {"expectations": [{**UNIQUE, "column": "x"}]},
    "with an expectation of a line that was guessed": {
        "expectations": [{**UNIQUE, "column": "apiVersion: v1"}]
    },
    "with a target that was guessed": {"target": "apiVersion: v1"},
}


@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_is_not_quoted(page: str | bytes, job: dict[str, Any], tmp_path: Path) -> None:
    path, log = tmp_path / "page", io.StringIO()
    path.write_bytes(page if isinstance(page, bytes) else page.encode())
    with pytest.raises(InputRefused) as refused:
        train(Order(make_job(data=job), tmp_path / "out", rows=path), Lines(log))
    assert SECRET not in refused.value.message + log.getvalue()


COLUMNS = {
    "words": (["age", "salary range"], True),
    "units": (["price (€)", "growth %", "m/s", "Größe"], True),
    "one word": (["age"], False),
    "a pair of JSON": (["age", ' "b": 1}'], False),
    "a sentence": (["age", "x" * 65], False),
}


@pytest.mark.parametrize(("names", "want"), COLUMNS.values(), ids=COLUMNS)
def test_columns_are(names: list[str], want: bool) -> None:
    assert are_columns(names) is want
