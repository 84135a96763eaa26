"""The same values three times: as values.yaml, as JSON Schema, as a table."""

import json
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from charts.schema.parts import Values
from charts.schema.values import ChartValues

MADE_BY = "Made by python -m charts.schema from charts/schema/; edit those."
WIDTH = 110


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of the values: its path from the top, its default, what it means; parts have keys of their own."""

    path: tuple[str, ...]
    default: Any
    description: str
    is_part: bool


def list_entries(values: Values, above: tuple[str, ...] = ()) -> Iterator[Entry]:
    """Yield every key in the order of the model, a part before its own keys."""
    for name, field in type(values).model_fields.items():
        default = getattr(values, name)
        path = (*above, field.alias or name)
        is_part = isinstance(default, Values)
        yield Entry(path, default, field.description or "", is_part)
        if is_part:
            yield from list_entries(default, path)


def make_values_yaml() -> str:
    """Return values.yaml: every key with its default, under a comment that says what it means."""
    lines = [f"# {MADE_BY}"]
    for entry in list_entries(ChartValues()):
        indent = "  " * (len(entry.path) - 1)
        lines += [""] if not indent else []
        lines += textwrap.wrap(
            entry.description, WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# "
        )
        lines.append(
            f"{indent}{entry.path[-1]}:" + ("" if entry.is_part else f" {as_inline_yaml(entry.default)}")
        )
    return "\n".join(lines) + "\n"


def as_inline_yaml(value: Any) -> str:
    """Return the value on one line, as YAML that is JSON as well."""
    return json.dumps(value, ensure_ascii=False)


def make_schema() -> str:
    """Return values.schema.json, which Helm checks values against before it renders anything."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$comment": MADE_BY}
    return json.dumps(schema | strip(ChartValues.model_json_schema()), indent=2, ensure_ascii=False) + "\n"


def strip(schema: Any) -> Any:
    """Return the schema without what people do not read: the titles that are the keys once more."""
    if isinstance(schema, list):
        return [strip(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: strip(item) for key, item in schema.items() if key != "title" or isinstance(item, dict)}


def make_table() -> str:
    """Return the table of all values for the README."""
    rows = ["| Value | Default | Meaning |", "|---|---|---|"]
    for entry in list_entries(ChartValues()):
        if not entry.is_part:
            default = as_inline_yaml(entry.default)
            rows.append(f"| `{'.'.join(entry.path)}` | `{default}` | {entry.description} |")
    return "\n".join(rows) + "\n"


def put_between(text: str, begin: str, end: str, content: str) -> str:
    """Return the text with what stood between the two marker lines replaced."""
    before, found_begin, rest = text.partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found_begin and found_end):
        raise ValueError(f"the lines {begin} and {end} must both be there, in this order")
    return f"{before}{begin}\n{content}{end}{after}"


def is_yaml_of(text: str, values: Values) -> bool:
    """Return whether the YAML text says exactly what the values say."""
    return bool(yaml.safe_load(text) == values.model_dump(by_alias=True))
