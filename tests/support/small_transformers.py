"""Folders with small transformers models of random weights, as `save_pretrained` leaves them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from nucleate.errors import ModelError
from nucleate.models.adapters._transformers import import_transformers, quiet

WORDS = ("a", "animal", "bird", "boat", "dog", "eats", "fast", "fish", "flies", "in", "large", "meat", "on", "road",
         "sea", "small", "that", "the")  # fmt: skip
SIZES = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 48}
SPECIAL = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
TEXTS = ("a small dog", "the large fish that eats meat in the sea", "a boat", "road", "the bird flies fast on the sea")


def need_transformers() -> Any:
    """transformers, or a test that is skipped."""
    try:
        return import_transformers()
    except ModelError as error:
        pytest.skip(str(error))


def words_tokenizer(transformers: Any, *, special: bool = True) -> Any:
    """One token a word; with `special` a text begins with [CLS] and ends with [SEP]."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing

    vocabulary = {word: number for number, word in enumerate([*SPECIAL.values(), *WORDS])}
    backend = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    backend.pre_tokenizer = Whitespace()
    if special:
        marks = [(mark, vocabulary[mark]) for mark in ("[CLS]", "[SEP]")]
        backend.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=marks)
    names = SPECIAL if special else {"unk_token": "[UNK]"}
    return transformers.PreTrainedTokenizerFast(tokenizer_object=backend, model_max_length=40, **names)


def save_text_model(folder: Path, kind: str = "bert", *, special: bool = True, seed: int = 0) -> Path:
    """A folder with a text network ("bert", "gpt2", "t5", ...) and its tokenizer."""
    transformers = need_transformers()
    count = len(SPECIAL) + len(WORDS)
    named = {
        "bert": lambda: transformers.BertConfig(**SIZES, vocab_size=count, max_position_embeddings=40),
        "roberta": lambda: transformers.RobertaConfig(
            **SIZES, vocab_size=count, max_position_embeddings=48, pad_token_id=0, bos_token_id=2, eos_token_id=3
        ),
        "gpt2": lambda: transformers.GPT2Config(
            n_embd=32, n_layer=3, n_head=2, n_positions=40, vocab_size=count, bos_token_id=0, eos_token_id=0
        ),
        "t5": lambda: transformers.T5Config(d_model=32, d_kv=16, d_ff=48, num_layers=3, num_heads=2, vocab_size=count),
    }
    with torch.random.fork_rng(), quiet(transformers):
        torch.manual_seed(seed)
        transformers.AutoModel.from_config(named[kind]()).save_pretrained(folder)
        words_tokenizer(transformers, special=special).save_pretrained(folder)
    return folder


def save_vision_model(folder: Path, *, processor: dict[str, Any] | None = None, seed: int = 0) -> Path:
    """A folder with a ViT for images of 32 pixels and, unless None, the fields of its image processor."""
    transformers = need_transformers()
    with torch.random.fork_rng(), quiet(transformers):
        torch.manual_seed(seed)
        config = transformers.ViTConfig(**SIZES, image_size=32, patch_size=8)
        transformers.AutoModel.from_config(config).save_pretrained(folder)
        if processor is not None:
            transformers.ViTImageProcessor(**processor).save_pretrained(folder)
    return folder
