from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from nucleate.errors import DataError, ModelError
from nucleate.models import TextPreprocessing, as_network
from support.small_transformers import TEXTS, WORDS, need_transformers, words_tokenizer


@pytest.fixture
def tokenizer():
    return words_tokenizer(need_transformers())


def test_a_text_becomes_the_tokenizers_own_padded_arrays(tokenizer):
    ours = TextPreprocessing(tokenizer, 7, ("input_ids", "attention_mask", "token_type_ids"))
    for text in (*TEXTS, "", "unheard words"):
        encoded = tokenizer(text, padding="max_length", truncation=True, max_length=7, return_token_type_ids=True)
        values = ours(text)
        assert values.dtype == np.int64
        assert values.shape == ours.shape == (3, 7)
        np.testing.assert_array_equal(values, [encoded[name] for name in ours.arguments])


def test_a_batch_is_fed_by_name_and_its_mask_is_where_tokens_are(tokenizer):
    ours = TextPreprocessing(tokenizer, 12)
    batch = torch.as_tensor(np.stack([ours(text) for text in TEXTS]))
    fed = ours.feed(batch)
    assert list(fed) == ["input_ids", "attention_mask"]
    assert torch.equal(fed["input_ids"][2, :4], torch.tensor(tokenizer("a boat")["input_ids"]))
    assert ours.mask(batch).sum(1).tolist() == ours.lengths(TEXTS) == [5, 11, 4, 3, 9]


def test_a_text_without_tokens_cannot_be_read():
    bare = TextPreprocessing(words_tokenizer(need_transformers(), special=False), 4)
    with pytest.raises(DataError, match="The text has no tokens"):
        bare("")
    assert bare("dog")[0, 1] == 0  # it has no padding token: any will do behind the mask
    assert not bare.has_class_token


def test_lengths_are_those_before_the_cut_and_bring_no_warnings(tokenizer, caplog):
    ours = TextPreprocessing(tokenizer, 8)
    long = " ".join(["dog"] * 60)  # more than the tokenizer's own 40
    assert ours.lengths([long, "dog"]) == [62, 3]
    assert ours(long)[1].sum() == 8
    assert caplog.records == []


def test_shortened_never_lengthens(tokenizer):
    ours = TextPreprocessing(tokenizer, 8)
    assert [ours.shortened(longest).max_length for longest in (5, 8, 100, 0)] == [5, 8, 8, 1]


def test_the_fingerprint_follows_the_tokenizer_and_the_length_not_the_last_call(tokenizer):
    network = as_network(torch.nn.Linear(2, 2), preprocessing=TextPreprocessing(tokenizer, 8))
    before = network.fingerprint
    tokenizer("a dog", padding="max_length", truncation=True, max_length=3)
    fresh = TextPreprocessing(words_tokenizer(need_transformers()), 8)
    assert network.fingerprint == before == as_network(network, preprocessing=fresh).fingerprint
    assert as_network(network, preprocessing=fresh.shortened(5)).fingerprint != before
    tokenizer.add_tokens(["giraffe"])
    assert as_network(network, preprocessing=TextPreprocessing(tokenizer, 8)).fingerprint != before


def test_threads_get_the_same_numbers(tokenizer):
    ours = TextPreprocessing(tokenizer, 9)
    texts = [" ".join(np.random.default_rng(seed).choice(WORDS, seed % 15)) for seed in range(200)]
    alone = [ours(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(TextPreprocessing(words_tokenizer(need_transformers()), 9), texts))
    np.testing.assert_array_equal(alone, together)


@pytest.mark.parametrize(
    ("options", "message"), [({"max_length": 0}, "0 tokens"), ({"arguments": ("input_ids",)}, "attention_mask")]
)
def test_impossible_preprocessings(tokenizer, options, message):
    with pytest.raises(ModelError, match=message):
        TextPreprocessing(tokenizer, **options)
