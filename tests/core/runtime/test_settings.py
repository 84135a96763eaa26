"""The environment as settings: defaults, and errors that name the variable."""

from __future__ import annotations

import pytest

from leeway.settings import SettingsError, read_settings

ENOUGH = {"LEEWAY_SERVER_IMAGE": "server:1", "LEEWAY_TRAINER_IMAGE": "trainer:1"}


def test_two_images_are_enough() -> None:
    settings = read_settings(ENOUGH)
    assert (settings.server_image, settings.trainer_image) == ("server:1", "trainer:1")
    assert (settings.workers, settings.writes_per_second, settings.port) == (8, 100, 8080)
    assert settings.watched_namespace is None


def test_every_variable_is_read() -> None:
    given = {
        "NAMESPACE": "ml",
        "IMAGE_PULL_POLICY": "Never",
        "STORE_CLAIM": "models",
        "STORE_SIZE": "1Ti",
        "STORE_CLASS": "fast",
        "STORE_ACCESS_MODE": "ReadWriteMany",
        "WORKERS": "3",
        "WRITES_PER_SECOND": "7.5",
        "RESYNC_SECONDS": "60",
        "SCRAPE_SECONDS": "10",
        "LOG_LEVEL": "DEBUG",
        "PORT": "9090",
        "POD_NAME": "leeway-1",
        "POD_NAMESPACE": "leeway-system",
        "LEASE_NAME": "mine",
        "FETCH_ALLOW": "10.96.0.0/12, fd12::/16, minio.storage.svc",
        "POD_NETWORK_POLICY": "False",
        "POD_NETWORK_BLOCKED": "10.0.0.0/8",
        "POD_METRICS_NAMESPACES": "monitoring",
    }
    settings = read_settings(ENOUGH | {f"LEEWAY_{name}": value for name, value in given.items()})
    for name, value in given.items():
        assert str(getattr(settings, name.lower())) == value
    assert settings.watched_namespace == "ml"


def test_variables_of_others_do_not_matter() -> None:
    assert read_settings(ENOUGH | {"PATH": "/bin", "LEEWAY_SERVICE_HOST": "10.96.0.7"}) == read_settings(
        ENOUGH
    )


def test_the_link_to_a_service_named_leeway_is_not_a_port() -> None:
    assert read_settings(ENOUGH | {"LEEWAY_PORT": "tcp://10.96.0.7:8080"}).port == 8080


WRONG = {
    "an image is missing": ({"LEEWAY_SERVER_IMAGE": ""}, "LEEWAY_SERVER_IMAGE"),
    "workers is no number": ({"LEEWAY_WORKERS": "many"}, "LEEWAY_WORKERS is 'many'"),
    "scraping without a pause": ({"LEEWAY_SCRAPE_SECONDS": "0"}, "LEEWAY_SCRAPE_SECONDS is '0'"),
    "scraping once an hour": ({"LEEWAY_SCRAPE_SECONDS": "3600"}, "LEEWAY_SCRAPE_SECONDS is '3600'"),
    "workers is none": ({"LEEWAY_WORKERS": "0"}, "LEEWAY_WORKERS is '0'"),
    "the level is unknown": ({"LEEWAY_LOG_LEVEL": "loud"}, "LEEWAY_LOG_LEVEL is 'loud'"),
    "the size has no known unit": ({"LEEWAY_STORE_SIZE": "10GB"}, "LEEWAY_STORE_SIZE is '10GB'"),
    "the policy is unknown": ({"LEEWAY_IMAGE_PULL_POLICY": "never"}, "'Always', 'IfNotPresent' or 'Never'"),
    "the service account is no name": (
        {"LEEWAY_POD_SERVICE_ACCOUNT": "a b"},
        "LEEWAY_POD_SERVICE_ACCOUNT is 'a b'",
    ),
    "what may be fetched from is no network": (
        {"LEEWAY_FETCH_ALLOW": "minio, 10.0.0.0/40"},
        "'10.0.0.0/40' is neither a network nor a host name",
    ),
    "what may be fetched from is a network with a host in it": (
        {"LEEWAY_FETCH_ALLOW": "10.0.0.1/8"},
        "'10.0.0.1/8' is neither",
    ),
    "what may be fetched from is a uri": (
        {"LEEWAY_FETCH_ALLOW": "http://minio"},
        "'http://minio' is neither",
    ),
    "what is blocked is no network": (
        {"LEEWAY_POD_NETWORK_BLOCKED": "everything"},
        "LEEWAY_POD_NETWORK_BLOCKED",
    ),
    "the switch is neither on nor off": (
        {"LEEWAY_POD_NETWORK_POLICY": "perhaps"},
        "LEEWAY_POD_NETWORK_POLICY",
    ),
    "the namespace is no name": ({"LEEWAY_NAMESPACE": "a,b"}, "LEEWAY_NAMESPACE is 'a,b'"),
}


@pytest.mark.parametrize(("given", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_value_is_named(given: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as error:
        read_settings(ENOUGH | given)
    assert message in str(error.value)


def test_everything_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as error:
        read_settings({})
    assert str(error.value) == (
        "LEEWAY_SERVER_IMAGE is not set; set it in the operator's environment; "
        "LEEWAY_TRAINER_IMAGE is not set; set it in the operator's environment"
    )
