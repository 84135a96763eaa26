"""Feedback over HTTP: who asks for tokens gets them, and who knows a label brings it with its token."""

from collections.abc import Generator, Mapping

import msgspec

from model_server.counts.counts import draw_row
from model_server.counts.feedback import Feedback
from model_server.counts.labels import Label, Rejected
from model_server.engines.engine import Prediction
from model_server.http.messages import FEEDBACK_NAME, TOKENS, Reply, reply_json
from model_server.http.routes import Intake
from model_server.protocols.decode import refuse_crowded
from model_server.rows.refusal import Refusal, shown
from model_server.settings import Settings
from model_server.version.served import PART_ROWS, ServedModel

HEADER = FEEDBACK_NAME.lower().encode()


class Entry(msgspec.Struct):
    """A label, and the token of the prediction it belongs to."""

    token: str
    label: Label


class Body(msgspec.Struct):
    """What is told."""

    feedback: list[Entry]


def issue_tokens(
    served: ServedModel, headers: Mapping[bytes, bytes], prediction: Prediction
) -> Generator[None, None, list[str]]:
    """Return a token for each row if they are asked for and can be had; yield between parts of many rows.

    Raises `Refusal` naming the header when it asks for something else.
    """
    if HEADER not in headers:
        return []
    asked = headers[HEADER].decode("latin-1").strip()
    if asked.lower() != TOKENS:
        raise Refusal(
            400, f"{FEEDBACK_NAME} is {shown(asked)}; send {TOKENS}, or leave it out", FEEDBACK_NAME
        )
    tokens: list[str] = []
    # Without a key there is no token, and a prediction all the same: it matters more than what is said of it later.
    if served.feedback is None:
        return tokens
    drawn = draw_row(prediction.rows)
    for start in range(0, prediction.rows, PART_ROWS):
        if start:
            yield
        part = prediction.part(start, min(start + PART_ROWS, prediction.rows))
        tokens += served.feedback.issuer.issue(part, drawn - start)
    return tokens


def take_feedback(served: ServedModel, settings: Settings, body: bytes) -> Generator[None, None, Reply]:
    """Return the reply that says how many labels were counted and which were not; raise `Refusal` for a bad body."""
    feedback = require_feedback(served)
    entries = read_entries(body, settings.max_rows)
    rejected: list[tuple[int, Rejected]] = []
    for index, entry in enumerate(entries):
        if index and index % PART_ROWS == 0:
            yield
        if why := feedback.labels.add(entry.token, entry.label):
            rejected.append((index, why))
    return reply_json(
        {
            "counted": len(entries) - len(rejected),
            "rejected": [{"index": index, **why._asdict()} for index, why in rejected],
        }
    )


def require_feedback(served: ServedModel) -> Feedback:
    """Return what counts labels, or raise `Refusal` (404) saying why there is no such thing."""
    if served.feedback:
        return served.feedback
    if not served.identity.signature.classes:
        raise Refusal(
            404, "there is no feedback here: this model answers numbers, and classes alone are counted"
        )
    raise Refusal(
        404,
        "there is no feedback here: name a Secret with a key in spec.feedback.secretName of the ModelDeployment",
    )


def read_entries(body: bytes, max_entries: int) -> list[Entry]:
    """Return the labels in the body, or raise `Refusal` naming the field; nothing is counted then."""
    refuse_crowded(body, len(msgspec.structs.fields(Entry)), max_entries)
    try:
        entries = DECODER.decode(body).feedback
    except msgspec.ValidationError as error:
        raise refusal_of(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(400, f"the body is not valid JSON: {error}", "body") from None
    if not entries:
        raise Refusal(400, "feedback is empty; send at least one label", "feedback")
    if len(entries) > max_entries:
        found = f"feedback has {len(entries)} labels; send at most {max_entries} in one request"
        raise Refusal(413, found, "feedback")
    return entries


def refusal_of(complaint: str) -> Refusal:
    """Return the refusal for a complaint of msgspec: `Expected str, got int - at $.feedback[0].token`."""
    what, _, place = complaint.replace("`", "").partition(" - at $.")
    field = place or "body"
    sentence = f"{field}: {what[:1].lower()}{what[1:]}"
    return Refusal(400, f'{sentence}; send {{"feedback": [{{"token": "…", "label": …}}]}}', field)


DECODER = msgspec.json.Decoder(Body)
FEEDBACK = Intake(take_feedback)
