"""What the server measures, as Prometheus reads it. Names and labels are a contract with the operator."""

import re
import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder

from model_server.contract.identity import Identity
from model_server.contract.profile import ReferenceProfile
from model_server.counts.counts import Counts

COMMON = ("model", "version", "profile")
# Fractions of a millisecond at the start: an engine without scikit-learn answers in that time.
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
QUALITY = {  # the names dashboards of the source documents ask for, and ours in a version's metrics
    "model_accuracy": "accuracy",
    "model_precision": "precision",
    "model_recall": "recall",
    "model_f1_score": "f1",
}


# Series from the start, so that a first rate is not lost: whatever a prediction request may be answered with.
CODES = ("200", "400", "413", "415", "499", "500", "503")
OPEN_METRICS = "application/openmetrics-text"
END = b"# EOF\n"
EXPONENT = re.compile(rb"(?<= )[0-9.]+e\+[0-9]+$", re.MULTILINE)


class Metrics:
    """What one loaded version exports; every label is fixed at the start, so a page cannot grow."""

    def __init__(self, identity: Identity, counts: Counts) -> None:
        self.registry = CollectorRegistry()
        self.restricted = CollectorRegistry()  # what tells how the data are distributed
        self.tally = counts.tally
        self.common = tuple(counts.common[label] for label in COMMON)
        self.requests = Counter(
            "leeway_model_requests",
            "Prediction requests by the status code of their answer.",
            (*COMMON, "code"),
            registry=self.registry,
        )
        for code in CODES:
            self.requests.labels(*self.common, code)
        self.failures = Counter(
            "leeway_model_failures",
            "Prediction requests whose rows fit the signature, and which the model failed to answer.",
            COMMON,
            registry=self.registry,
        ).labels(*self.common)
        # One histogram for each stage: how fast a client sends, and who else is served, is not the model's latency.
        self.receive_seconds = self.make_histogram(
            "leeway_model_request_receive_duration_seconds",
            "Seconds from the end of a prediction request's headers to the last byte of its body.",
        )
        self.queue_seconds = self.make_histogram(
            "leeway_model_request_queue_duration_seconds",
            "Seconds that a prediction request waited for a thread.",
        )
        self.seconds = self.make_histogram(
            "leeway_model_request_duration_seconds",
            "Seconds from the last byte of a prediction request to its answer, waiting included.",
        )
        self.set_fact(
            "leeway_model_process_start_time_seconds", "When this server started, Unix time.", time.time()
        )
        self.set_fact("leeway_model_artifact_info", "The model file in memory.", 1, digest=identity.digest)
        for name, metric in QUALITY.items():
            if metric in identity.metrics:
                self.set_fact(
                    name, f"{metric} on held-out rows at training time.", float(identity.metrics[metric])
                )

    def count_request(self, status: int) -> None:
        """Count a prediction request by the status code of its answer; 499 when the client left before it."""
        self.requests.labels(*self.common, str(status)).inc()

    def make_histogram(self, name: str, meaning: str) -> Histogram:
        """Return a histogram of seconds."""
        histogram = Histogram(name, meaning, COMMON, buckets=BUCKETS, registry=self.registry)
        return histogram.labels(*self.common)

    def set_traffic(self, in_flight: Callable[[], int], queued: Callable[[], int]) -> None:
        """Export how many prediction requests are under way, asked for whenever a page is."""
        for name, meaning, read in (
            ("leeway_model_requests_in_flight", "Prediction requests that are not answered yet.", in_flight),
            ("leeway_model_requests_queued", "Prediction requests that wait for a thread.", queued),
        ):
            Gauge(name, meaning, COMMON, registry=self.registry).labels(*self.common).set_function(read)

    def count_failure(self) -> None:
        """Count a prediction request that the model failed to answer by its own fault."""
        self.failures.inc()

    def set_fact(self, name: str, meaning: str, value: float, **labels: str) -> None:
        """Export a gauge that keeps its value while the process lives."""
        gauge = Gauge(name, meaning, (*COMMON, *labels), registry=self.registry)
        gauge.labels(*self.common, *labels.values()).set(value)

    def set_profile(self, profile: ReferenceProfile) -> None:
        """Export which reference profile this version was trained with."""
        bins = max((feature.bins for feature in profile.features), default=0)
        self.set_fact(
            "leeway_model_profile_info",
            "The reference profile that counts are made against.",
            1,
            schema=profile.schema_version,
            bins=str(bins),
            features=str(len(profile.features)),
            model_digest=profile.model_digest,
            sampled="false",
        )

    def page(self, accept: str, restricted: bool = True) -> tuple[str, bytes]:
        """Return content type and text; OpenMetrics (ending in `# EOF`) when the scraper accepts it.

        With `restricted` it tells how the data are distributed, too.
        """
        encode, content_type = choose_encoder(accept)
        is_open_metrics = content_type.startswith(OPEN_METRICS)
        registries = (self.registry, self.restricted) if restricted else (self.registry,)
        page = b"".join(in_digits(encode(registry)).removesuffix(END) for registry in registries)
        page += self.tally.text(is_open_metrics, restricted).encode()
        return content_type, page + END if is_open_metrics else page


def in_digits(page: bytes) -> bytes:
    """Return the page with 1234567.0 where it has 1.234567e+06.

    The library writes a million so; the operator takes whole numbers in digits alone.
    """
    return EXPONENT.sub(lambda found: repr(float(found[0])).encode(), page)
