"""The JSON Schema of a reference profile (draft 2020-12), as designed; profiles are checked against it."""

from typing import Any

PROFILE_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "ReferenceProfile",
    "type": "object",
    "additionalProperties": False,
    "required": [
        "schemaVersion",
        "model",
        "version",
        "modelDigest",
        "createdAt",
        "source",
        "features",
        "score",
    ],
    "properties": {
        "schemaVersion": {"const": "2"},
        "model": {"type": "string"},
        "version": {"type": "string"},
        "modelDigest": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
        "createdAt": {"type": "string", "format": "date-time"},
        "source": {
            "type": "object",
            "required": ["rows", "kind"],
            "properties": {
                "rows": {"type": "integer", "minimum": 200},
                "kind": {"enum": ["holdout", "out-of-fold", "production-window"]},
                "from": {"type": "string"},
                "to": {"type": "string"},
                "dataDigest": {"type": "string"},
            },
        },
        "features": {
            "type": "array",
            "maxItems": 100,
            "items": {
                "type": "object",
                "required": ["name", "type", "counts"],
                "properties": {
                    "name": {"type": "string"},
                    "importance": {"type": "number"},
                    "type": {"enum": ["numeric", "categorical", "boolean"]},
                    "edges": {"type": "array", "items": {"type": "number"}, "maxItems": 30},
                    "categories": {
                        "type": "array",
                        "items": {"type": ["string", "number", "boolean"]},
                        "maxItems": 30,
                    },
                    "counts": {"type": "array", "items": {"type": "integer", "minimum": 0}},
                    "min": {"type": "number"},
                    "max": {"type": "number"},
                    "mean": {"type": "number"},
                    "std": {"type": "number"},
                },
            },
        },
        "score": {
            "type": "object",
            "required": ["edges", "counts"],
            "properties": {
                "edges": {"type": "array", "items": {"type": "number"}},
                "counts": {"type": "array", "items": {"type": "integer"}},
                "threshold": {"type": "number"},
                "positiveClass": {"type": "string"},
                "decisions": {"type": "object", "additionalProperties": {"type": "integer"}},
            },
        },
        "performance": {
            "type": "object",
            "properties": {
                "confusionByScoreBin": {"type": "array"},
                "auc": {"type": "number"},
                "brier": {"type": "number"},
                "errorRate": {"type": "number"},
                "baseRate": {"type": "number"},
                "loss": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string"},
                        "sum": {"type": "number"},
                        "sumsq": {"type": "number"},
                        "count": {"type": "integer"},
                    },
                },
            },
        },
        "bridge": {
            "type": "object",
            "required": ["against", "againstDigest", "againstProfile", "counts"],
            "properties": {
                "against": {"type": "string"},
                "againstDigest": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
                "againstProfile": {"type": "string"},
                "counts": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
            },
        },
        "leftOut": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "reason"],
                "properties": {"name": {"type": "string"}, "reason": {"type": "string"}},
            },
        },
    },
}
