"""Texts as samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nucleate.data._decoding import UnreadableSample
from nucleate.storage import digest_bytes


@dataclass(frozen=True)
class TextSource:
    """Reads texts from memory; None is a text that is missing."""

    texts: Sequence[str | None]

    def read(self, row: int) -> str:
        """The text of a row."""
        text = self.texts[row]
        if text is None or not text.strip():
            raise UnreadableSample("the text is missing" if text is None else "the text is empty")
        return text

    @property
    def sha256(self) -> list[str]:
        """The digest of each text; empty where one is missing."""
        return ["" if text is None else digest_bytes(text.encode()) for text in self.texts]
