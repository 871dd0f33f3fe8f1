import numpy as np
import pytest
import torch

from nucleate.activations import batches, extract, first_input, fit_lengths, layers, select
from nucleate.data import Samples, from_arrays, from_table
from nucleate.errors import DataError
from nucleate.models import Network, Preprocessing, as_network, load
from support.small_transformers import WORDS, save_text_model


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return load(f"hf:{save_text_model(tmp_path_factory.mktemp('hub') / 'bert')}")


def texts(count: int = 11) -> list[str | None]:
    generator = np.random.default_rng(0)
    found: list[str | None] = [" ".join(generator.choice(WORDS, 1 + row % 7)) for row in range(count)]
    found[4] = None
    return found


@pytest.fixture(scope="module")
def samples() -> Samples:
    return from_table({"text": texts()}, text_column="text")


def answers(network: Network, samples: Samples, spans: list[range], **options: int) -> list[dict[str, np.ndarray]]:
    network, _ = fit_lengths(network, samples)
    chosen = select(layers(network), "blocks")
    arguments = {"batch_size": 4, "workers": 0, **options}
    shape = first_input(samples, network.preprocessing).shape
    found = extract(network, samples, spans, layers=chosen, pool="mean", shape=shape, **arguments)  # type: ignore[arg-type]
    return [block.layers for block in found]


def test_every_row_is_its_text_passed_alone(network: Network, samples: Samples) -> None:
    found = answers(network, samples, [range(11)])[0]
    tokenizer = network.preprocessing.tokenizer  # type: ignore[union-attr]
    for row, text in enumerate(texts()):
        if text is None:
            assert np.isnan(found["output"][row]).all()
            continue
        with torch.no_grad():
            states = network.module(**tokenizer(text, return_tensors="pt"), output_hidden_states=True).hidden_states
        np.testing.assert_allclose(found["output"][row], states[-1][0].mean(0), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(found["encoder.layer.0"][row], states[1][0].mean(0), rtol=1e-4, atol=1e-5)


def test_bits_do_not_depend_on_blocks_or_workers(network: Network, samples: Samples) -> None:
    whole = answers(network, samples, [range(11)])[0]
    for spans, workers in (([range(4), range(4, 8), range(8, 11)], 0), ([range(11)], 1), ([range(11)], 2)):
        pieces = answers(network, samples, spans, workers=workers)
        for name, values in whole.items():
            np.testing.assert_array_equal(np.concatenate([piece[name] for piece in pieces]), values)


def test_texts_are_padded_to_the_longest_and_long_ones_are_counted(network: Network, samples: Samples) -> None:
    fitted, cut = fit_lengths(network, samples)
    assert (fitted.input_shape, cut) == ((2, 9), 0)  # seven words and two marks
    long = from_table({"text": ["dog " * 70, "a", "dog " * 40]}, text_column="text")
    fitted, cut = fit_lengths(network, long)
    assert (fitted.input_shape, cut) == ((2, 40), 2)
    only_missing = from_table({"text": [None, ""]}, text_column="text")
    with pytest.raises(DataError, match=r"None of the 2 samples .* the text is missing"):
        first_input(only_missing, fit_lengths(network, only_missing)[0].preprocessing)


def test_other_networks_are_left_alone(samples: Samples) -> None:
    plain = as_network(torch.nn.Linear(3, 2), input_shape=(3,))
    assert fit_lengths(plain, samples) == (plain, 0)


def test_samples_and_network_must_be_of_one_kind(network: Network, samples: Samples) -> None:
    images, arrays = from_arrays(np.zeros((3, 8, 8), np.uint8)), from_arrays(np.zeros((3, 4), np.float32))
    reader = Preprocessing((8, 8), 1, (0.5,), (0.5,))
    for given, preprocessing, message in (
        (samples, reader, "are texts, and the network reads images"),
        (samples, None, "are texts, and the network reads arrays.*language model"),
        (images, network.preprocessing, "are images, and the network reads texts"),
        (arrays, network.preprocessing, "are arrays, and the network reads texts"),
    ):
        with pytest.raises(DataError, match=message):
            first_input(given, preprocessing)
    with pytest.raises(DataError, match="are images, and the network reads texts"):
        fit_lengths(network, images)


def test_batches_of_texts_are_whole_numbers(network: Network, samples: Samples) -> None:
    fitted, _ = fit_lengths(network, samples)
    found = list(batches(samples, fitted.preprocessing, [range(11)], batch_size=4, shape=(2, 9), workers=1))
    assert {batch.inputs.dtype for batch in found} == {np.dtype(np.int64)}
    assert found[1].failures == {4: "the text is missing"}
    assert (found[2].inputs[3] == 0).all()
    assert {len(batch.thumbnails) for batch in found} == {0}
