"""Networks for images and texts from Hugging Face's transformers, imported only when one is asked for.

A folder on disk needs no connection, and neither does a name whose files are in transformers' cache. Code that comes
with a model is never run.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from nucleate.errors import ModelError, first_line
from nucleate.models._network import Network
from nucleate.models._text import IDS, MASK, TextPreprocessing
from nucleate.models.adapters._torchvision_import import import_torchvision
from nucleate.models.adapters._transformers_images import preprocessing_of

PREFIX = "hf:"
LONGEST = 512  # tokens of a text, where the network could read more


def import_transformers() -> ModuleType:
    """Import transformers, which imports torchvision where that is installed.

    Raises
    ------
    ModelError
        When transformers is missing or either cannot be imported.
    """
    try:
        import_torchvision()
    except ImportError:
        pass  # transformers can do without
    except RuntimeError as error:
        raise ModelError(
            f"torchvision is installed but cannot be imported ({first_line(error)}), and transformers needs it then",
            "Install a torchvision that fits this torch, or none: pip uninstall torchvision",
        ) from error
    try:
        import transformers
    except ImportError as error:
        raise ModelError(
            f"hf networks need transformers ({first_line(error)})", "Install it: pip install 'nucleate[hf]'"
        ) from error
    return transformers


def load_hf(name: str, *, pretrained: bool, num_classes: int | None = None, in_channels: int | None = None) -> Network:
    """Build the transformers network `name` without a task's head, with published weights or with random ones.

    Of a network that encodes and decodes this is the encoder; of one for images and texts, the part that sees.

    Parameters
    ----------
    name : str
        A model's name on the hub, or a folder with its files.
    pretrained : bool
        Read the weights, or draw random ones.

    Raises
    ------
    ModelError
        When transformers or files are missing, the model brings code of its own, weights are missing, or its inputs are
        neither images nor texts.
    """
    if num_classes is not None or in_channels is not None:
        raise ModelError(f"{PREFIX}{name} has the sizes of its configuration", "Leave out num_classes and in_channels")
    transformers = import_transformers()
    with quiet(transformers):
        described, _ = fetch(name, transformers.PreTrainedConfig.get_config_dict)
        refuse_code(name, described)
        config = fetch(name, transformers.AutoConfig.from_pretrained, trust_remote_code=False)
        whole = read_weights(transformers, name, config) if pretrained else draw_weights(transformers, name, config)
        module = encoder(whole).float().eval()
        if module.main_input_name == "pixel_values":
            return vision(transformers, name, module)
        if module.main_input_name == IDS:
            return text(transformers, name, module)
    raise ModelError(
        f"{PREFIX}{name} reads {module.main_input_name}, and nucleate knows images and texts only",
        "Choose a network for images or texts",
    )


def read_weights(transformers: ModuleType, name: str, config: Any) -> nn.Module:
    """The module with its published weights, all of them."""
    module, found = fetch(
        name, transformers.AutoModel.from_pretrained, config=config, trust_remote_code=False, output_loading_info=True
    )
    missing = sorted(found["missing_keys"])
    # A pooler belongs to a task; many published weights lack it, and networks run without.
    if missing and all(key.startswith("pooler.") for key in missing):
        module.pooler = None
    elif missing:
        raise ModelError(
            f"The weights of {PREFIX}{name} lack {missing[0]!r} and {len(missing) - 1} more",
            "transformers would draw them at random: use complete weights, or pretrained=False for all random",
        )
    return module


def draw_weights(transformers: ModuleType, name: str, config: Any) -> nn.Module:
    """The module with random weights."""
    try:
        return transformers.AutoModel.from_config(config, trust_remote_code=False)
    except Exception as error:  # configurations can be wrong in many ways
        raise failed(name, error) from error


def encoder(module: Any) -> Any:
    """The part of a network that is probed."""
    module.config.use_cache = False  # nothing is generated
    if module.config.is_encoder_decoder:
        return module.get_encoder()
    return getattr(module, "vision_model", module)


def vision(transformers: ModuleType, name: str, module: Any) -> Network:
    """A network for images, with the preprocessing its files describe; without any, it takes arrays."""
    if not any("cls_token" in key or "class_embedding" in key for key, _ in module.named_parameters()):
        module.num_prefix_tokens = 0  # in timm's way: there is no class token
    try:
        processor = fetch(name, transformers.AutoImageProcessor.from_pretrained, trust_remote_code=False)
    except ModelError:
        side = getattr(module.config, "image_size", 224)
        height, width = side if isinstance(side, list | tuple) else (side, side)
        shape = (getattr(module.config, "num_channels", 3), height, width)
        return Network(module, f"{PREFIX}{name}", input_shape=shape)
    return Network(module, f"{PREFIX}{name}", preprocessing_of(f"{PREFIX}{name}", processor.to_dict()))


def text(transformers: ModuleType, name: str, module: Any) -> Network:
    """A network for texts with its own tokenizer."""
    tokenizer = fetch(name, transformers.AutoTokenizer.from_pretrained, trust_remote_code=False)
    known = inspect.signature(module.forward).parameters
    if MASK not in known:
        raise ModelError(
            f"{PREFIX}{name} takes no attention mask, so texts of several lengths cannot be padded",
            "Choose another network",
        )
    others = [argument for argument in tokenizer.model_input_names if argument in known]
    limits = (tokenizer.model_max_length, getattr(module.config, "max_position_embeddings", None) or LONGEST)
    arguments = tuple(dict.fromkeys((IDS, MASK, *others)))
    return Network(module, f"{PREFIX}{name}", TextPreprocessing(tokenizer, min(LONGEST, *limits), arguments))


def fetch(name: str, read: Callable[..., Any], **options: Any) -> Any:
    """Read from a folder or the cache, and ask the hub only for what is not there."""
    folder = Path(name).is_dir()
    try:
        return read(name, local_files_only=True, **options)
    except Exception as error:  # each library below raises its own kinds
        if folder or not isinstance(error, OSError):
            raise failed(name, error) from error
    try:
        return read(name, **options)
    except Exception as error:
        raise failed(name, error) from error


def failed(name: str, error: Exception) -> ModelError:
    """Why a model could not be read."""
    if "trust_remote_code" in str(error):
        return ModelError(
            f"{PREFIX}{name} brings code of its own, which nucleate never runs",
            "If you trust it, load it in a function of yours and pass package.module:function",
        )
    if isinstance(error, OSError) and not Path(name).is_dir():
        return ModelError(
            f"{PREFIX}{name} is neither a folder nor in the cache, and could not be downloaded ({first_line(error)})",
            "Check the name and the connection, or download it elsewhere and pass hf:FOLDER",
        )
    return ModelError(f"{PREFIX}{name} cannot be read: {first_line(error)}", "Check that its files are whole")


def refuse_code(name: str, described: dict[str, Any]) -> None:
    """Refuse configurations that would have compiled code fetched and run, or hold weights in an integer format."""
    for key, value in described.items():
        if isinstance(value, dict) and key != "quantization_config":
            refuse_code(name, value)
        elif "implementation" in key and isinstance(value, str) and "/" in value:
            raise ModelError(f"{PREFIX}{name} asks for the kernel {value!r}, foreign code", f"Take {key!r} out of it")
        elif key == "quantization_config" and value:
            raise ModelError(f"The weights of {PREFIX}{name} are quantised", "Use those in floating point")


@contextmanager
def quiet(transformers: ModuleType) -> Iterator[None]:
    """Silence transformers' progress bars and warnings: what matters of them is an error here."""
    logging = transformers.utils.logging
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
