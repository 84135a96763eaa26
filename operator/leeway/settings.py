"""The operator's settings: every LEEWAY_* variable of its environment, checked once at the start."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from leeway.api.deployment.record import MAX_FETCH_ALLOW

PREFIX = "LEEWAY_"
HOST = r"^(?=.*[A-Za-z])[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?$"
NAME = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"


class SettingsError(Exception):
    """A variable is missing or wrong; the message names it and the remedy."""


class Settings(BaseModel):
    """The operator's settings; each field is read from LEEWAY_ and its name in capitals."""

    model_config = ConfigDict(frozen=True)

    server_image: str = Field(min_length=1)
    trainer_image: str = Field(min_length=1)
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    namespace: str = Field(default="", pattern=f"^$|{NAME}")
    """The one namespace to serve; empty for all of them."""

    store_claim: str = Field(default="leeway-models", pattern=NAME)
    store_size: str = Field(default="10Gi", pattern=r"^[0-9]+([KMGTPE]i?)?$")
    store_class: str = ""
    """The StorageClass of stores that the operator creates; empty for the cluster's default."""
    store_access_mode: Literal["ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"] = "ReadWriteOnce"

    pod_service_account: str = Field(default="", pattern=f"^$|{NAME}")
    """The service account of the pods that the operator creates, for workload identity; empty for the default one."""

    fetch_allow: str = Field(default="", max_length=MAX_FETCH_ALLOW)
    """Hosts and networks, separated by commas, that pods may fetch from over http(s) although they are private."""
    pod_network_policy: bool = True
    """Whether pods get network policies."""
    pod_network_blocked: str = "169.254.0.0/16,fe80::/10,fd00:ec2::/32"
    """Networks, separated by commas, that these policies let no pod send to."""
    pod_metrics_namespaces: str = ""
    """Namespaces, separated by commas, that may read the metrics port of servers, beside the operator's own."""

    workers: int = Field(default=8, ge=1, le=64)
    writes_per_second: float = Field(default=100, gt=0, le=1000)
    resync_seconds: int = Field(default=180, ge=5, le=3600)
    scrape_seconds: int = Field(default=5, ge=1, le=60)
    """How often the pods of held canaries, and of stable beside them, are asked for their counts."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    port: int = Field(default=8080, ge=0, le=65535)
    """The port of health and metrics; 0 lets the system choose."""

    pod_name: str = Field(default="leeway", min_length=1)
    pod_namespace: str = Field(default="default", pattern=NAME)
    lease_name: str = Field(default="leeway", pattern=NAME)

    @field_validator("fetch_allow")
    @classmethod
    def hosts_and_networks(cls, text: str) -> str:
        """Refuse what is neither."""
        for entry in entries_of(text):
            if not _is_network(entry) and not re.fullmatch(HOST, entry):
                raise ValueError(f"{entry!r} is neither a network nor a host name")
        return text

    @field_validator("pod_network_blocked")
    @classmethod
    def networks(cls, text: str) -> str:
        """Refuse what is no network."""
        for entry in entries_of(text):
            ipaddress.ip_network(entry)
        return text

    @property
    def watched_namespace(self) -> str | None:
        """Return the namespace to list and watch, or None for all."""
        return self.namespace or None


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings of an environment; raise SettingsError that names each bad variable."""
    given = {name: environ[_variable(name)] for name in Settings.model_fields if _variable(name) in environ}
    try:
        return Settings.model_validate({name: text for name, text in given.items() if not _is_link(text)})
    except ValidationError as error:
        raise SettingsError("; ".join(_sentence(problem) for problem in error.errors())) from error


def entries_of(text: str) -> tuple[str, ...]:
    """Return the entries of a list that is separated by commas."""
    return tuple(entry.strip() for entry in text.split(",") if entry.strip())


def _is_network(entry: str) -> bool:
    try:
        ipaddress.ip_network(entry)
    except ValueError:
        return False
    return True


def _is_link(text: str) -> bool:
    # A Service named "leeway" makes the kubelet set LEEWAY_PORT=tcp://... in every pod of its namespace.
    return text.startswith("tcp://")


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _sentence(problem: Mapping[str, object]) -> str:
    location = problem["loc"]
    assert isinstance(location, tuple)
    variable = _variable(str(location[0]))
    if problem["type"] == "missing":
        return f"{variable} is not set; set it in the operator's environment"
    return f"{variable} is {problem['input']!r}: {problem['msg']}"
