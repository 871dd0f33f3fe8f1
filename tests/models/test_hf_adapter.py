import json
import sys

import numpy as np
import pytest
import torch

from nucleate.activations import Taps, layers, select
from nucleate.errors import ModelError, UsageError
from nucleate.models import load, save_checkpoint
from nucleate.models.adapters._transformers import import_transformers
from support.small_transformers import TEXTS, need_transformers, save_text_model, save_vision_model


@pytest.fixture(scope="module")
def transformers():
    return need_transformers()


@pytest.fixture(scope="module")
def bert(transformers, tmp_path_factory):
    return save_text_model(tmp_path_factory.mktemp("hub") / "bert")


@pytest.fixture(scope="module")
def vit(transformers, tmp_path_factory):
    return save_vision_model(tmp_path_factory.mktemp("hub") / "vit", processor={"size": {"height": 32, "width": 32}})


def library(transformers, folder):
    """Model and tokenizer as transformers itself reads them."""
    return plain(transformers, folder), transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)


def plain(transformers, folder):
    return transformers.AutoModel.from_pretrained(folder, local_files_only=True).eval()


def test_every_layer_of_a_text_network_is_the_librarys_hidden_state(transformers, bert):
    network = load(f"hf:{bert}")
    model, tokenizer = library(transformers, bert)
    encoded = tokenizer(list(TEXTS), padding="max_length", max_length=40, return_tensors="pt")
    with torch.no_grad():
        states = model(**encoded, output_hidden_states=True).hidden_states
    names = ["embeddings", *(f"encoder.layer.{index}" for index in range(3))]
    with Taps(network, names, pool="none") as taps:
        rows = taps.run(np.stack([network.preprocessing(text) for text in TEXTS]))
    real = encoded["attention_mask"].bool().unsqueeze(-1)
    assert len(states) == 4
    for name, state in zip(names, states, strict=True):
        torch.testing.assert_close(rows[name], torch.where(real, state, 0).flatten(1))


@pytest.mark.parametrize(("kind", "special"), [("bert", True), ("roberta", True), ("gpt2", False), ("t5", True)])
@pytest.mark.parametrize("pool", ["mean", "max", "cls"])
def test_pooling_over_padded_batches_is_pooling_over_each_text_alone(transformers, tmp_path, kind, special, pool):
    folder = save_text_model(tmp_path / kind, kind, special=special)
    network = load(f"hf:{folder}")
    if pool == "cls" and not special:
        with pytest.raises(ModelError, match="no class token"):
            Taps(network, "blocks", pool=pool)
        return
    model, tokenizer = library(transformers, folder)
    model = model.get_encoder() if kind == "t5" else model
    with Taps(network, "blocks", pool=pool) as taps:
        rows = taps.run(np.stack([network.preprocessing(text) for text in TEXTS]))
    assert len(rows) >= 3
    for place, text in enumerate(TEXTS):
        with torch.no_grad():
            states = model(**tokenizer(text, return_tensors="pt"), output_hidden_states=True).hidden_states
        first, second = list(rows)[:2]
        for name, state in ((first, states[1]), (second, states[2]), ("output", states[-1])):
            tokens = state[0]
            expected = {"mean": tokens.mean(0), "max": tokens.amax(0), "cls": tokens[0]}[pool]
            torch.testing.assert_close(rows[name][place], expected, rtol=1e-4, atol=1e-5)


def test_blocks_and_residual_sums_of_a_text_network(bert):
    listed = layers(load(f"hf:{bert}"))
    assert [layer.name for layer in select(listed, "blocks")] == ["encoder.layer.0", "encoder.layer.1", "output"]
    assert [layer.name for layer in select(listed, "residual")] == [
        *(f"encoder.layer.{n}.{part}.LayerNorm:input" for n in range(3) for part in ("attention.output", "output")),
        "output",
    ]
    with pytest.raises(UsageError, match="'input' holds whole numbers"):
        select(listed, "input")


def test_residual_sums_of_a_vision_network_are_those_computed_by_hand(transformers, vit):
    network = load(f"hf:{vit}")
    model = plain(transformers, vit)
    x = torch.randn(2, 3, 32, 32)
    expected = {}
    with torch.no_grad():
        tokens = model.embeddings(x)
        for index, layer in enumerate(model.layers):
            tokens = tokens + layer.attention(layer.layernorm_before(tokens))[0]
            expected[f"layers.{index}.layernorm_after:input"] = tokens
            tokens = tokens + layer.mlp(layer.layernorm_after(tokens))
            expected[f"layers.{index}"] = tokens
    with Taps(network, "residual", pool="cls") as taps:
        rows = taps.run(x)
    assert list(rows) == [*expected, "output"]
    for name, values in expected.items():
        torch.testing.assert_close(rows[name], values[:, 0])


def test_random_weights_have_seeds(bert, vit):
    for folder in (bert, vit):
        one, same, other = (load(f"hf:{folder}", pretrained=False, seed=seed) for seed in (0, 0, 1))
        assert one.fingerprint == same.fingerprint != other.fingerprint
        assert load(f"hf:{folder}").fingerprint == load(f"hf:{folder}").fingerprint
    with pytest.raises(ModelError, match="does not know how it is built"):
        save_checkpoint(load(f"hf:{bert}"), bert / "a.safetensors")


def test_a_network_without_a_class_token_says_so(transformers, tmp_path):
    config = transformers.ConvNextConfig(hidden_sizes=[8] * 4, depths=[1] * 4, image_size=32)
    transformers.AutoModel.from_config(config).save_pretrained(tmp_path)
    network = load(f"hf:{tmp_path}")
    assert (network.preprocessing, network.input_shape) == (None, (3, 32, 32))
    with pytest.raises(ModelError, match="no class token"):
        Taps(network, "blocks", pool="cls")


def test_of_two_towers_the_one_that_sees(transformers, tmp_path):
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
    config = transformers.CLIPConfig(
        text_config=sizes | {"vocab_size": 50, "bos_token_id": 0, "eos_token_id": 1},
        vision_config=sizes | {"image_size": 32, "patch_size": 16},
    )
    model = transformers.AutoModel.from_config(config).eval()
    model.save_pretrained(tmp_path)
    x = torch.randn(2, 3, 32, 32)
    with Taps(load(f"hf:{tmp_path}"), "encoder.layers.*", pool="cls") as taps:
        rows = taps.run(x)
    with torch.no_grad():
        states = model.vision_model(x, output_hidden_states=True).hidden_states
    torch.testing.assert_close(rows["encoder.layers.1"], states[2][:, 0])


def rewrite(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


WITNESS = "import pathlib; pathlib.Path({!r}).write_text('ran')\nclass Evil: pass\n"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"model_type": "evil", "auto_map": {"AutoConfig": "evil.Evil", "AutoModel": "evil.Evil"}},
            "brings code of its own, which nucleate never runs.*package.module:function",
        ),
        ({"attn_implementation": "someone/kernel"}, "asks for the kernel 'someone/kernel'"),
        ({"nested": {"experts_implementation": "someone/kernel"}}, "asks for the kernel"),
        ({"quantization_config": {"quant_method": "bitsandbytes"}}, "quantised"),
        ({"model_type": "bert", "hidden_size": "wide"}, "cannot be read"),
    ],
)
@pytest.mark.parametrize("pretrained", [True, False])
def test_code_and_kernels_of_strangers_never_run(tmp_path, changes, message, pretrained):
    folder = save_text_model(tmp_path / "bert")
    (folder / "evil.py").write_text(WITNESS.format(str(tmp_path / "witness")))
    rewrite(folder, **changes)
    with pytest.raises(ModelError, match=message):
        load(f"hf:{folder}", pretrained=pretrained)
    assert not (tmp_path / "witness").exists()


def test_incomplete_weights_are_refused_but_a_pooler_may_lack(bert, tmp_path):
    from safetensors.torch import load_file, save_file

    folder = save_text_model(tmp_path / "bert")
    state = load_file(folder / "model.safetensors")
    without = {name: value for name, value in state.items() if not name.startswith("pooler")}
    save_file(without, folder / "model.safetensors", {"format": "pt"})
    network = load(f"hf:{folder}")
    assert network.module.pooler is None
    assert [layer.name for layer in select(layers(network), "blocks")][-1] == "output"
    without.pop("encoder.layer.1.output.dense.weight")
    save_file(without, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelError, match=r"lack 'encoder.layer.1.output.dense.weight'"):
        load(f"hf:{folder}")


def test_what_cannot_be_had_says_how_to_mend(transformers, bert, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match=r"neither a folder nor in the cache.*hf:FOLDER"):
        load("hf:nobody/nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"cannot be read"):
        load(f"hf:{tmp_path / 'empty'}")
    with pytest.raises(ModelError, match="sizes of its configuration"):
        load(f"hf:{bert}", num_classes=3)
    transformers.AutoModel.from_config(
        transformers.Wav2Vec2Config(
            hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, conv_dim=(8, 8),
            conv_kernel=(4, 4), conv_stride=(2, 2), num_feat_extract_layers=2, num_conv_pos_embeddings=4,
            num_conv_pos_embedding_groups=2,
        )
    ).save_pretrained(tmp_path / "audio")  # fmt: skip
    with pytest.raises(ModelError, match="reads input_values, and nucleate knows images and texts only"):
        load(f"hf:{tmp_path / 'audio'}")


def test_random_masks_are_noticed(transformers, tmp_path):
    config = transformers.ViTMAEConfig(
        hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=48, image_size=32, patch_size=8
    )
    transformers.AutoModel.from_config(config).save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="answers equal inputs differently"):
        layers(load(f"hf:{tmp_path}"))


def test_transformers_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ModelError, match=r"pip install 'nucleate\[hf\]'"):
        load("hf:anything")
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "torchvision", None)
    assert import_transformers()
