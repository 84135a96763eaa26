"""Types of field values: names, digests, decimals, times, quantities, URIs."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, Field, PlainSerializer, WithJsonSchema

from leeway.api.shape import MAX_INTEGER, rule, rules


def _in_whole_seconds(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


NAME_PATTERN = "^[a-z]([-a-z0-9]*[a-z0-9])?$"
ENTRY_PATTERN = "^[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?$"
OBJECT_PATTERN = "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
DIGEST_PATTERN = "^sha256:[0-9a-f]{64}$"
DECIMAL_PATTERN = r"^-?[0-9]{1,20}(\.[0-9]{1,20})?([eE][-+]?[0-9]{1,2})?$"
FRACTION_PATTERN = r"^(0(\.[0-9]{1,8})?|1(\.0{1,8})?)$"
CAMEL_PATTERN = "^[A-Za-z][A-Za-z0-9]*$"

# Names that become part of other names: a Job, a Deployment, a label, a path in a store.
ShortName = Annotated[str, Field(min_length=1, max_length=50, pattern=NAME_PATTERN)]
EntryName = Annotated[str, Field(min_length=1, max_length=63, pattern=ENTRY_PATTERN)]
ObjectName = Annotated[str, Field(min_length=1, max_length=253, pattern=OBJECT_PATTERN)]
ConfigKey = Annotated[str, Field(min_length=1, max_length=253, pattern="^[-._a-zA-Z0-9]+$")]
ColumnName = Annotated[str, Field(min_length=1, max_length=128)]

# The algorithm is part of the value, as in OCI images, so that another one needs no other field.
Digest = Annotated[str, Field(max_length=71, pattern=DIGEST_PATTERN)]
Uid = Annotated[str, Field(max_length=64, pattern="^[-0-9a-zA-Z]*$")]
ByteCount = Annotated[int, Field(ge=0, le=MAX_INTEGER)]
RowTotal = Annotated[int, Field(ge=0, le=MAX_INTEGER)]
Generation = Annotated[int, Field(ge=0, le=MAX_INTEGER)]
ReplicaCount = Annotated[int, Field(ge=0, le=1000)]
Percent = Annotated[int, Field(ge=0, le=100)]

# No floats in a spec: they do not survive a round trip through every client.
DecimalText = Annotated[str, Field(max_length=32, pattern=DECIMAL_PATTERN)]
Fraction = Annotated[str, Field(max_length=12, pattern=FRACTION_PATTERN)]
FalseAlarmRate = Annotated[
    str,
    Field(
        max_length=12,
        pattern=FRACTION_PATTERN,
        json_schema_extra=rules(
            rule(
                f"!self.matches(r'{FRACTION_PATTERN}') || (double(self) > 0.0 && double(self) <= 0.2)",
                "write a falseAlarmRate above 0 and at most 0.2: it is the error that you accept, 0.01 by default",
            )
        ),
    ),
]


def in_order(low: str, high: str, sign: str) -> str:
    """Return the CEL expression that compares two decimals of `self`; a bad one is its pattern's complaint."""
    numbers = f"[self.{low}, self.{high}].all(n, n.matches(r'{DECIMAL_PATTERN}'))"
    return f"!has(self.{low}) || !has(self.{high}) || !{numbers} || double(self.{low}) {sign} double(self.{high})"


def above_zero(field: str) -> str:
    """Return the CEL expression that holds for a decimal of `self` above 0; a bad one is its pattern's complaint."""
    number = f"self.{field}"
    return f"!has({number}) || !{number}.matches(r'{DECIMAL_PATTERN}') || double({number}) > 0.0"


MIN_UP_TO_MAX = rule(in_order("min", "max", "<="), "min is above max: swap them", ".min")

Word = Annotated[str, Field(max_length=128)]
CamelWord = Annotated[str, Field(max_length=128, pattern=CAMEL_PATTERN)]
Sentence = Annotated[str, Field(max_length=8192)]

Time = Annotated[AwareDatetime, PlainSerializer(_in_whole_seconds, when_used="json")]

SecretName = Annotated[str, Field(min_length=1, max_length=253, pattern=OBJECT_PATTERN)]

# As `cpu: 1` and `cpu: 500m` are both written in any pod.
QUANTITY_PATTERN = r"^[0-9]{1,18}(\.[0-9]{1,9})?([numkMGTPE]|[KMGTPE]i|[eE][0-9]{1,2})?$"
Quantity = Annotated[
    int | str,
    WithJsonSchema(
        {
            "anyOf": [{"type": "integer"}, {"type": "string"}],
            "maxLength": 32,
            "pattern": QUANTITY_PATTERN,
            "x-kubernetes-int-or-string": True,
        }
    ),
]

# The path is joined to a mount point, and a URI may spell a dot as %2e.
_NO_PARENT_SEGMENT = rule(
    r"!self.matches('/([.]|%2[eE]){2}([/?#]|$)')",
    "remove the '..' from the path: write the path from the root of the claim, ConfigMap or bucket",
)
# Everybody who may read the object would read the password, and so would every log that names the URI.
_NO_USERINFO = rule(
    "!self.matches('^[a-z0-9]+://[^/?#]*@')",
    "remove the user name and password before '@': put credentials into a Secret and name it in credentialsSecretName",
)
_NO_BLANKS = rule(
    "!self.matches('[[:space:][:cntrl:]]')",
    "remove blanks and control characters from the uri, or write them percent-encoded",
)
# Whoever reads a URI ends its path there, and would read or write another file than its name says.
_NO_QUERY_OF_A_CLAIM = rule(
    "!self.matches('^pvc://.*[?#]')",
    "remove '?' and '#' from the path in the claim, and rename the file or folder if it has them in its name",
)
_NO_QUERY = rule("!self.matches('[?#]')", "remove '?' and '#' from the uri of the store")
_PVC_FILE = rule(
    r"!self.startsWith('pvc://') || self.matches('^pvc://[a-z0-9]([-a-z0-9.]*[a-z0-9])?(/[^/]+)+$')",
    "write pvc://CLAIM/PATH, where CLAIM is a PersistentVolumeClaim of this namespace and PATH names a file",
)
_BUCKET_KEY = rule(
    "!self.matches('^(s3|gs)://') || self.matches('^(s3|gs)://[a-z0-9][-._a-z0-9]*/[^/]')",
    "write s3://BUCKET/KEY or gs://BUCKET/KEY",
)
_HOST = rule(
    "!self.matches('^https?://') || self.matches('^https?://[^/?#]+/')",
    "write https://HOST/PATH",
)

DataUri = Annotated[
    str,
    Field(
        min_length=1,
        max_length=1024,
        json_schema_extra=rules(
            rule(
                "self.matches('^(configmap|pvc|s3|gs|https?|builtin)://')",
                "start the uri with configmap://, pvc://, s3://, gs://, https://, http:// or builtin://",
            ),
            rule(
                "!self.startsWith('configmap://')"
                " || self.matches('^configmap://[a-z0-9]([-a-z0-9.]*[a-z0-9])?/[-._a-zA-Z0-9]+$')",
                "write configmap://NAME/KEY, where NAME is a ConfigMap of this namespace",
            ),
            rule(
                "!self.startsWith('builtin://')"
                " || self.matches('^builtin://(iris|breast-cancer|wine|diabetes|digits)$')",
                "name a bundled set: builtin://iris, breast-cancer, wine, diabetes or digits",
            ),
            _PVC_FILE,
            _NO_QUERY_OF_A_CLAIM,
            _BUCKET_KEY,
            _HOST,
            _NO_PARENT_SEGMENT,
            _NO_USERINFO,
            _NO_BLANKS,
        ),
    ),
]

FileUri = Annotated[
    str,
    Field(
        min_length=1,
        max_length=1024,
        json_schema_extra=rules(
            rule(
                "self.matches('^(pvc|s3|gs|https?)://')",
                "start the uri with pvc://, s3://, gs://, https:// or http://",
            ),
            _PVC_FILE,
            _NO_QUERY_OF_A_CLAIM,
            _BUCKET_KEY,
            _HOST,
            _NO_PARENT_SEGMENT,
            _NO_USERINFO,
            _NO_BLANKS,
        ),
    ),
]

StoreUri = Annotated[
    str,
    Field(
        min_length=1,
        max_length=768,
        json_schema_extra=rules(
            rule("self.matches('^(pvc|s3|gs)://')", "start the uri with pvc://, s3:// or gs://"),
            rule(
                r"!self.startsWith('pvc://') || self.matches('^pvc://[a-z0-9]([-a-z0-9.]*[a-z0-9])?(/[^/]+)*/?$')",
                "write pvc://CLAIM or pvc://CLAIM/DIRECTORY, where CLAIM is a PersistentVolumeClaim here",
            ),
            rule(
                "!self.matches('^(s3|gs)://') || self.matches('^(s3|gs)://[a-z0-9][-._a-z0-9]*(/|$)')",
                "write s3://BUCKET/PREFIX or gs://BUCKET/PREFIX; the prefix may be left out",
            ),
            _NO_QUERY,
            _NO_PARENT_SEGMENT,
            _NO_USERINFO,
            _NO_BLANKS,
        ),
    ),
]
