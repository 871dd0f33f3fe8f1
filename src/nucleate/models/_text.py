"""From a text to the tokens a network was trained to read."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Int

from nucleate.errors import DataError, ModelError
from nucleate.storage import digest

IDS, MASK = "input_ids", "attention_mask"
AT_ONCE = 1024  # texts counted in one call of the tokenizer

_one_at_a_time = threading.Lock()  # tokenizers keep their settings to themselves and refuse two threads


@dataclass(frozen=True, repr=False)
class TextPreprocessing:
    """Tokenise, cut at a length, and pad on the right to that length.

    Parameters
    ----------
    tokenizer : transformers tokenizer
        Called with a text, it gives a mapping with `input_ids`.
    max_length : int
        Tokens of every input; longer texts are cut.
    arguments : tuple of str
        The arguments of the network's forward, in the order of the rows of an input. `input_ids` and `attention_mask`
        are among them.

    Raises
    ------
    ModelError
        When the length is not positive or an argument is missing.
    """

    tokenizer: Any = field(compare=False)
    max_length: int = 512
    arguments: tuple[str, ...] = (IDS, MASK)

    def __post_init__(self) -> None:
        if self.max_length < 1:
            raise ModelError(f"Texts cannot have {self.max_length} tokens", "Give at least 1")
        if IDS not in self.arguments or MASK not in self.arguments:
            raise ModelError(f"A network that reads texts needs {IDS} and {MASK}, not {self.arguments}", "Name both")

    def __repr__(self) -> str:
        return f"TextPreprocessing({type(self.tokenizer).__name__}, at most {self.max_length} tokens)"

    @property
    def shape(self) -> tuple[int, int]:
        """Arguments and tokens of one input."""
        return (len(self.arguments), self.max_length)

    @property
    def has_class_token(self) -> bool:
        """Whether every text begins with a token that stands for all of it."""
        return getattr(self.tokenizer, "cls_token_id", None) is not None

    def to_dict(self) -> dict[str, Any]:
        """What tells this preprocessing from others, for fingerprints."""
        return {"tokenizer": self.tokenizer_digest, "max_length": self.max_length, "arguments": list(self.arguments)}

    @cached_property
    def tokenizer_digest(self) -> str:
        """The sha256 of everything the tokenizer knows."""
        backend = getattr(self.tokenizer, "backend_tokenizer", None)
        if backend is None:
            return digest([type(self.tokenizer).__qualname__, self.tokenizer.get_vocab()])
        described = json.loads(backend.to_str())
        # What the latest call asked for is no part of what it knows.
        return digest({name: part for name, part in described.items() if name not in ("truncation", "padding")})

    def __call__(self, text: str) -> Int[np.ndarray, "arguments tokens"]:
        """Turn one text into int64 rows, one for each argument; the mask is 1 at tokens and 0 at padding.

        Raises
        ------
        DataError
            When the text has no tokens.
        """
        types = "token_type_ids" in self.arguments
        with _one_at_a_time:
            encoded = self.tokenizer(text, truncation=True, max_length=self.max_length, return_token_type_ids=types)
        length = len(encoded[IDS])
        if length == 0:
            raise DataError("The text has no tokens", "Leave it out")
        values = np.zeros(self.shape, np.int64)
        for row, name in zip(values, self.arguments, strict=True):
            if name == IDS:
                row[:] = getattr(self.tokenizer, "pad_token_id", None) or 0
            row[:length] = 1 if name == MASK else encoded[name]
        return values

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has before it is cut."""
        found: list[int] = []
        for start in range(0, len(texts), AT_ONCE):
            with _one_at_a_time:
                encoded = self.tokenizer(list(texts[start : start + AT_ONCE]), truncation=False, verbose=False)
            found += map(len, encoded[IDS])
        return found

    def shortened(self, longest: int) -> TextPreprocessing:
        """The same for texts of at most `longest` tokens: padding costs time and says nothing."""
        return replace(self, max_length=max(1, min(self.max_length, longest)))

    def feed(self, batch: Int[torch.Tensor, "n arguments tokens"]) -> dict[str, Int[torch.Tensor, "n tokens"]]:
        """The arguments of the network's forward for a batch of inputs."""
        return dict(zip(self.arguments, batch.unbind(1), strict=True))

    def mask(self, batch: Int[torch.Tensor, "n arguments tokens"]) -> Bool[torch.Tensor, "n tokens"]:
        """Where a batch holds tokens, and not padding."""
        return batch[:, self.arguments.index(MASK)].bool()
