"""The CRDs are what kubectl, GitOps tools and people expect: described, bounded, small and up to date."""

from __future__ import annotations

import re
import statistics
from pathlib import Path
from typing import Any

import pytest
import yaml

from leeway.crds.__main__ import DEFINITIONS, Definition, crd_manifest, generated_files
from tests.contract.admission import Schema, admitted, complaints, fields_of, schema_of
from tests.contract.broken_manifests import LONG, with_inputs
from tests.contract.objects import model_deployment, model_version, smallest_training_job, training_job

ROOT = Path(__file__).parents[2]
KINDS = [definition.kind.kind for definition in DEFINITIONS]
FIELDS = {
    f"{kind}{path}": field
    for kind in KINDS
    for path, field in fields_of(schema_of(kind))
    if path.startswith((".spec", ".status"))
}
# The smallest limit an annotation leaves for `kubectl apply` is 262144; the rest is room to grow.
LARGEST_BYTES = 200_000

# Of a structural schema. One more, and the API server refuses the CRD, or falls over it.
KNOWN_WORDS = {
    "type", "format", "description", "default", "enum", "required", "properties", "additionalProperties", "items",
    "pattern", "anyOf", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "minProperties",
    "maxProperties", "nullable",
}  # fmt: skip

# For each type, the words of which one set must be there.
BOUNDS: dict[str, tuple[set[str], ...]] = {
    "string": ({"enum"}, {"maxLength"}, {"format"}),
    "integer": ({"minimum", "maximum"},),
    "array": ({"maxItems"},),
    "object": ({"properties"}, {"maxProperties"}),
}

EXAMPLES = {
    "a whole TrainingJob": training_job(),
    "the smallest TrainingJob": smallest_training_job(),
    "a TrainingJob without a test": training_job(data__split={"testPercent": 0}, evaluation=None),
    "a whole ModelVersion": model_version(),
    "a ModelVersion with its signature in a file": model_version(
        signature=None,
        files__signature={"uri": "pvc://leeway-models/signature.json", "digest": "sha256:" + "0" * 64},
    ),
    "a ModelVersion with a long signature": with_inputs(*LONG),
    "a whole ModelDeployment": model_deployment(),
    "the smallest ModelDeployment": model_deployment(rollout=None, replicas=None, runtime=None, pod=None),
}


@pytest.mark.parametrize(("path", "text"), generated_files().items(), ids=list(generated_files()))
def test_what_is_checked_in_is_what_the_models_say(path: str, text: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == text, "run `make crds` and commit what it writes"


def words_in(schema: Schema) -> set[str]:
    """Every word of the schema and of those below it; names of fields are none."""
    below = [*schema.get("properties", {}).values()]
    below += [schema[word] for word in ("items", "additionalProperties") if word in schema]
    return set(schema) | {word for child in below for word in words_in(child)}


@pytest.mark.parametrize("kind", KINDS)
def test_the_api_server_knows_every_word_of_the_schema(kind: str) -> None:
    unknown = words_in(schema_of(kind)) - KNOWN_WORDS
    assert {word for word in unknown if not word.startswith("x-kubernetes-")} == set()


@pytest.mark.parametrize("kind", KINDS)
def test_kubectl_apply_can_store_the_crd_in_an_annotation(kind: str) -> None:
    path = next(f"crds/{d.kind.plural}.yaml" for d in DEFINITIONS if d.kind.kind == kind)
    assert len(generated_files()[path]) < LARGEST_BYTES


@pytest.mark.parametrize("definition", DEFINITIONS, ids=KINDS)
def test_the_chart_installs_the_same_crd(definition: Definition) -> None:
    template = generated_files()[f"charts/leeway/templates/crds/{definition.kind.plural}.yaml"]
    plain = "\n".join(line for line in template.splitlines() if "{{" not in line)
    crd = yaml.safe_load(plain)
    assert crd["metadata"].pop("annotations") == {"helm.sh/resource-policy": "keep"}
    assert crd == crd_manifest(definition)


@pytest.mark.parametrize("kind", KINDS)
def test_kubectl_explain_describes_the_kind(kind: str) -> None:
    assert len(schema_of(kind)["description"]) > 100


@pytest.mark.parametrize("kind", KINDS)
def test_kubectl_explain_describes_every_field(kind: str) -> None:
    named = {path: field for path, field in below(kind).items() if not path.endswith(("[]", "*"))}
    assert [path for path, field in named.items() if not is_sentence(field.get("description", ""))] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_bounded_for_the_cost_of_cel_and_the_size_of_etcd(kind: str) -> None:
    assert [path for path, field in below(kind).items() if not is_bounded(field)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_is_null_or_free_of_form(kind: str) -> None:
    free = {"nullable", "x-kubernetes-preserve-unknown-fields", "$ref", "title"}
    assert [path for path, field in below(kind).items() if free & field.keys()] == []


@pytest.mark.parametrize("kind", KINDS)
def test_no_number_in_a_spec_is_a_float(kind: str) -> None:
    assert [path for path, field in below(f"{kind}.spec").items() if field.get("type") == "number"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_status_comes_back_as_it_was_written(kind: str) -> None:
    assert [path for path, field in below(f"{kind}.status").items() if "default" in field] == []


def below(root: str) -> dict[str, Schema]:
    """Every field below the root with its path."""
    return {path: field for path, field in FIELDS.items() if path.startswith(f"{root}.")}


def is_sentence(text: str) -> bool:
    """Whether it starts like one and ends like one."""
    return re.match(r"^\S.*[.]$", text, re.DOTALL) is not None


def is_bounded(field: Schema) -> bool:
    """Whether the field cannot grow without limit."""
    if "x-kubernetes-int-or-string" in field:
        return "maxLength" in field
    return field["type"] == "boolean" or any(bounds <= field.keys() for bounds in BOUNDS[field["type"]])


LIST_KEYS = {
    "TrainingJob.status.conditions": ["type"],
    "ModelVersion.status.conditions": ["type"],
    "ModelDeployment.status.conditions": ["type"],
    "TrainingJob.spec.evaluation.gates": ["name"],
    "TrainingJob.spec.data.expectations": ["name"],
    "TrainingJob.spec.pod.env": ["name"],
    "ModelVersion.spec.pod.env": ["name"],
    "ModelDeployment.spec.pod.env": ["name"],
}
# Where order means something: CEL's `==` ignores the order of a list of type map.
ORDERED = (
    "TrainingJob.spec.data.features",
    "ModelVersion.spec.signature.inputs",
    "ModelVersion.spec.signature.outputs",
)


@pytest.mark.parametrize(("path", "keys"), LIST_KEYS.items(), ids=list(LIST_KEYS))
def test_server_side_apply_merges_lists_by_key(path: str, keys: list[str]) -> None:
    assert FIELDS[path]["x-kubernetes-list-type"] == "map"
    assert FIELDS[path]["x-kubernetes-list-map-keys"] == keys


@pytest.mark.parametrize("path", ORDERED)
def test_a_list_whose_order_means_something_is_replaced_whole(path: str) -> None:
    assert FIELDS[path]["x-kubernetes-list-type"] == "atomic"


@pytest.mark.parametrize("kind", KINDS)
def test_kubectl_explain_says_more_than_the_name(kind: str) -> None:
    said = [
        len(field["description"]) for path, field in below(f"{kind}.spec").items() if "description" in field
    ]
    assert statistics.median(said) > 100


@pytest.mark.parametrize("definition", DEFINITIONS, ids=KINDS)
def test_every_column_is_described(definition: Definition) -> None:
    columns = crd_manifest(definition)["spec"]["versions"][0]["additionalPrinterColumns"]
    assert [column["name"] for column in columns if not is_sentence(column["description"])] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_pod_is_given_the_same(kind: str) -> None:
    assert schema_of(kind)["properties"]["spec"]["properties"]["pod"].keys() >= {"properties", "description"}
    assert pod_of(kind) == pod_of("TrainingJob")


def pod_of(kind: str) -> Schema:
    pod: Schema = schema_of(kind)["properties"]["spec"]["properties"]["pod"]["properties"]
    return pod


@pytest.mark.parametrize("kind", KINDS)
def test_every_list_says_how_it_is_merged(kind: str) -> None:
    lists = {path: field for path, field in below(kind).items() if field.get("type") == "array"}
    said = {path: field["x-kubernetes-list-type"] for path, field in lists.items()}
    assert set(said.values()) <= {"map", "set", "atomic"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_rule_says_what_to_do_and_where(kind: str) -> None:
    for path, field in below(kind).items():
        for check in field.get("x-kubernetes-validations", []):
            assert len(check["message"]) > 10
            assert not check.get("fieldPath") or f"{path}{check['fieldPath']}" in FIELDS


@pytest.mark.parametrize("definition", DEFINITIONS, ids=KINDS)
def test_columns_and_selectors_read_fields_that_exist(definition: Definition) -> None:
    paths = [column.path for column in definition.columns if ".metadata" not in column.path]
    for path in (*paths, *definition.selectable, *(definition.scale or {}).values()):
        field = re.sub(r"\[\?\(@\.type==\"\w+\"\)\]", "[]", path).replace(".files.model", ".files.*")
        assert f"{definition.kind.kind}{field}" in FIELDS


def test_the_first_screen_answers_is_it_fine() -> None:
    shown = {
        definition.short_name: [column.name for column in definition.columns if not column.wide]
        for definition in DEFINITIONS
    }
    assert shown == {
        "tj": ["Succeeded", "Status", "Metric", "Duration", "Age"],
        "mver": ["Ready", "Status", "Model", "Format", "Metric", "Age"],
        "mdep": ["Ready", "Status", "Stable", "Canary", "Replicas", "Age"],
    }


@pytest.mark.parametrize("manifest", EXAMPLES.values(), ids=list(EXAMPLES))
def test_a_right_manifest_is_admitted(manifest: dict[str, Any]) -> None:
    assert complaints(manifest) == []


@pytest.mark.parametrize("manifest", EXAMPLES.values(), ids=list(EXAMPLES))
def test_the_model_reads_defaults_as_the_api_server_writes_them(manifest: dict[str, Any]) -> None:
    model = next(d.model for d in DEFINITIONS if d.kind.kind == manifest["kind"])
    assert model.model_validate(manifest) == model.model_validate(admitted(manifest))


def test_replicas_have_a_default_so_that_an_autoscaler_can_read_them() -> None:
    assert FIELDS["ModelDeployment.spec.replicas"]["default"] == 1
    assert admitted(model_deployment(replicas=None))["spec"]["replicas"] == 1
