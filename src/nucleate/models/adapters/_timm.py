"""Networks from timm (PyTorch Image Models), imported only when one is asked for."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from nucleate.errors import ModelError, first_line
from nucleate.models._network import Architecture, Network
from nucleate.models._preprocessing import Preprocessing
from nucleate.models.adapters._torchvision_import import import_torchvision
from nucleate.suggestions import did_you_mean


def import_timm() -> ModuleType:
    """Import timm, which needs torchvision.

    Raises
    ------
    ModelError
        When either is missing or cannot be imported.
    """
    try:
        import_torchvision()
        import timm
    except ImportError as error:
        raise ModelError(
            f"timm networks need timm and torchvision ({error})", "Install them: pip install 'nucleate[timm]'"
        ) from error
    except RuntimeError as error:
        raise ModelError(
            f"torchvision is installed but cannot be imported ({error})",
            "Install a torchvision that fits this torch: see https://pytorch.org/get-started/locally",
        ) from error
    return timm


def load_timm(
    name: str, *, pretrained: bool, num_classes: int | None = None, in_channels: int | None = None
) -> Network:
    """Build the timm network `name`, with the weights timm publishes or with random ones.

    Raises
    ------
    ModelError
        When timm is missing, does not know the name, cannot build it as asked or cannot download its weights.
    """
    timm = import_timm()
    base = name.partition(".")[0]
    if not timm.is_model(base):
        known = did_you_mean(f"timm:{base}", (f"timm:{other}" for other in timm.list_models()))
        raise ModelError(f"timm {timm.__version__} has no network {name!r}", known)
    if "." in name and not timm.is_model_pretrained(name):
        tags = [f"timm:{tagged}" for tagged in timm.list_pretrained(f"{base}.*")]
        raise ModelError(f"timm {timm.__version__} has no weights {name!r}", did_you_mean(f"timm:{name}", tags))
    sizes = {
        key: value for key, value in (("num_classes", num_classes), ("in_chans", in_channels)) if value is not None
    }
    try:
        module = timm.create_model(name, pretrained=pretrained, **sizes)
    except Exception as error:  # a dozen libraries may fail on the way to the weights
        if not pretrained:
            raise ModelError(f"timm cannot build {name!r}: {first_line(error)}", "Choose other sizes") from error
        raise ModelError(
            f"The weights of timm:{name} could not be downloaded ({first_line(error)})",
            "Pass checkpoint= with a file of its weights, or pretrained=False for random ones",
        ) from error
    config = timm.data.resolve_model_data_config(module)
    # The configuration speaks of the published weights; the module may have been built for other channels.
    channels = in_channels or config["input_size"][0]
    architecture = Architecture(f"timm:{name}", module.num_classes, channels)
    shape = (channels, *config["input_size"][1:])
    return Network(module, f"timm:{name}", preprocessing_of(name, config, channels), shape, architecture)


def preprocessing_of(name: str, config: dict[str, Any], channels: int) -> Preprocessing | None:
    """The preprocessing that a timm data configuration describes; None for channels that no image has."""
    if channels not in (1, 3):
        return None
    if config["crop_mode"] == "border":
        raise ModelError(
            f"timm:{name} pads its images with a border, which nucleate does not do",
            "Build it with timm and pass it to models.as_network with a preprocessing of your choice",
        )
    mean, std = config["mean"], config["std"]
    if len(mean) != channels:
        mean, std = (sum(mean) / len(mean),) * channels, (sum(std) / len(std),) * channels
    return Preprocessing(
        tuple(config["input_size"][1:]),
        1 if channels == 1 else 3,
        mean,
        std,
        config["interpolation"],
        config["crop_pct"],
        config["crop_mode"],
    )
