"""Tokens for what is predicted now, by which any pod of the model counts the labels that come later."""

import os
import time
from collections.abc import Callable
from typing import Any

from model_server.contract.identity import Identity
from model_server.contract.profile import ScoreProfile
from model_server.counts.bins import score_bins
from model_server.counts.tokens import LAST_PLACE, NONCE_BYTES, Predicted, TokenKeys, pack
from model_server.engines.engine import Prediction
from model_server.rows.spelling import category_of


class TokenIssuer:
    """Issues tokens for the predictions of one classifier; safe to call from several threads."""

    def __init__(
        self,
        keys: TokenKeys,
        identity: Identity,
        score: ScoreProfile | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.keys = keys
        self.identity = identity
        self.score = score
        self.clock = clock
        self.places = {name: place for place, name in enumerate(identity.signature.classes)}

    def issue(self, prediction: Prediction, drawn: int) -> list[str]:
        """Return a token for each row; that of row number `drawn`, if it is here, was drawn of its request."""
        now, rows = int(self.clock()), prediction.rows
        bins = score_bins(self.score, prediction.scores).tolist() if self.score else [None] * rows
        is_drawn = [row == drawn for row in range(rows)]
        said = list(zip(bins, prediction.values.tolist(), is_drawn, strict=True))
        payloads = {kind: self.payload(*kind, now) for kind in set(said)}
        nonces = os.urandom(rows * NONCE_BYTES)
        starts = range(0, rows * NONCE_BYTES, NONCE_BYTES)
        return [
            self.keys.sign(payloads[kind] + nonces[start : start + NONCE_BYTES])
            for kind, start in zip(said, starts, strict=True)
        ]

    def payload(self, score_bin: int | None, value: Any, is_drawn: bool, now: int) -> bytes:
        """Return what all tokens of one moment, score bin and answer say, the drawn one apart from the others."""
        name = category_of(value)
        return pack(
            Predicted(
                version=self.identity.version,
                profile=self.identity.profile[:8],
                bin=score_bin,
                decision=name,
                place=self.places.get(name, LAST_PLACE),
                time=now,
                drawn=is_drawn,
            )
        )
