"""The networks and probes that the studies of Doimo et al. share: how neighbourhoods and density peaks form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from nucleate.studies.declare import (
    DRAWS,
    NUCLEATION,
    NUCLEATION_PAPER,
    Condition,
    Probed,
    Published,
    Scale,
    Setting,
    Trained,
    options,
    trained,
)

NETWORK = "network"
"""The condition of settings with a single network."""

RESNET152 = Published("torchvision:resnet152")
DIGITS, FASHION, MOVED = (
    Trained("resnet-small", data, learns="subclass") for data in ("digits", "fashion-mnist", "modmnist-digits")
)
PHOTOS = Published("efficientnet-lite0")

ALIGNED: Mapping[str, object] = MappingProxyType({"measures": ("overlap", "cka"), "subsample": ()})
LABELLED: Mapping[str, object] = MappingProxyType({"measures": ("label_overlap", "landscape"), "subsample": ()})

REFERENCES: Mapping[Published | Trained, tuple[str, str, str]] = MappingProxyType(
    {
        DIGITS: ("layer1.1", "layer2.1", "layer3.1"),
        FASHION: ("layer1.1", "layer2.1", "layer3.1"),
        PHOTOS: ("blocks.3.1", "blocks.4.1", "blocks.5.2"),
        RESNET152: ("layer2.4", "layer3.17", "layer4.1"),
    }
)
"""One layer inside each of three stages; of ResNet-152 those that the authors number 25, 88 and 148."""


def _main(network: Trained | Published, data: str, how: Mapping[str, object], **own: object) -> Probed:
    return Probed(network, data, options=options(**{**how, "references": REFERENCES[network], **own}))


SMALL: Mapping[str, Probed] = MappingProxyType(
    {
        "digits": _main(DIGITS, "digits", NUCLEATION, k=10, more_k=(3, 5, 20, 50, 100)),
        "fashion-mnist": _main(FASHION, "fashion-mnist-300", NUCLEATION, k=30, more_k=(5, 10, 60, 100, 300)),
        # The photos have 128 pixels a side; flattened at 224, their layers would take 5 GB.
        "grocery": replace(
            _main(PHOTOS, "grocery", NUCLEATION, keep_activations=False, k=8, more_k=(3, 5, 16, 32)), side=128
        ),
    }
)
"""Data -> the probe that most studies at small scale look at: k is a tenth of the images of a class, where these are
many enough."""

PAPER = _main(RESNET152, "imagenet-300x300", NUCLEATION_PAPER, k=30, more_k=(5, 10, 60, 100, 300))
"""The same as published."""


def one_network(scale: Scale, *names: str) -> tuple[Setting, ...]:
    """A setting for each data set, with one network in each; all data at small scale unless some are named."""
    if scale == "paper":
        return (Setting("imagenet", (Condition(NETWORK, (PAPER,)),)),)
    return tuple(Setting(name, (Condition(NETWORK, (SMALL[name],)),)) for name in names or SMALL)


def architectures(scale: Scale) -> tuple[Setting, ...]:
    """The label overlap of several networks on the same images."""
    if scale == "paper":
        conditions = [
            Condition(name, (Probed(Published(f"torchvision:{name}"), "imagenet-300x300",
                                    options=options(**{**NUCLEATION_PAPER, **own})),))
            for name, own in ARCHITECTURES.items()
        ]  # fmt: skip
        return (Setting("imagenet", (Condition("resnet152", (PAPER,)), *conditions)),)
    looked_at = {**NUCLEATION, "measures": ("label_overlap",), "subsample": ()}
    settings = []
    for data, images, k, names in (
        ("digits", "digits", 10, ("ResNet", "VGG", "VGG, batch norm", "VGG, layer norm", "ViT")),
        ("fashion-mnist", "fashion-mnist-300", 30, ("ResNet", "VGG")),
    ):
        conditions = [
            Condition(name, (Probed(trained("small", name, data)[0], images, options=options(**looked_at, k=k)),))
            for name in names
        ]
        settings.append(Setting(data, tuple(conditions)))
    return tuple(settings)


VGG_LAST = ("classifier.0", "classifier.3", "output")
RESNET_LANDMARKS = ("input", "maxpool", "layer1", "layer2", "layer3", "layer4", "penultimate", "output")
_LABELS = {"measures": ("label_overlap",), "subsample": (), "k": 30}
ARCHITECTURES: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        **{name: {"layers": RESNET_LANDMARKS, **_LABELS} for name in ("resnet34", "resnet50", "resnet101")},
        **{
            name: {"layers": ("input", *(f"features.{place}" for place in pools), *VGG_LAST), **_LABELS}
            for name, pools in (("vgg16", (4, 9, 16, 23, 30)), ("vgg19", (4, 9, 18, 27, 36)))
        },
    }
)
"""The networks of Figure 2c beside ResNet-152, and their landmarks: where images shrink, and dense layers."""


def draws(scale: Scale) -> tuple[Setting, ...]:
    """Alignment of layers with the output, on disjoint draws of images."""
    if scale == "paper":
        how = options(**{**NUCLEATION_PAPER, **ALIGNED}, keep_activations=True, k=10)  # CKA reads two layers at once
        probes = tuple(Probed(RESNET152, f"imagenet-50x100-{draw}", options=how) for draw in DRAWS)
        return (Setting("imagenet", (Condition(NETWORK, probes),)),)
    settings = []
    for network, name, images, k in (
        (DIGITS, "digits", "digits-34", 4),
        (FASHION, "fashion-mnist", "fashion-mnist-100", 10),
    ):
        how = options(**{**NUCLEATION, **ALIGNED}, k=k)
        probes = tuple(Probed(network, f"{images}-{draw}", options=how) for draw in DRAWS)
        settings.append(Setting(name, (Condition(NETWORK, probes),)))
    return tuple(settings)


def complexity(scale: Scale) -> tuple[Setting, ...]:
    """Data from simple to complex, each with the network that learned it."""
    if scale == "paper":
        how = options(**{**NUCLEATION_PAPER, **LABELLED}, k=30)
        simple = [
            Condition(title, (Probed(Trained("resnet152", data, learns="subclass"), f"{data}-300", options=how),))
            for title, data in (("MNIST", "mnist"), ("modMNIST", "modmnist"), ("CIFAR-10", "cifar10"))
        ]
        return (Setting("four data sets", (*simple, Condition("ImageNet", (PAPER,)))),)
    moved = options(**{**NUCLEATION, **LABELLED}, k=10)
    conditions = (
        Condition("digits", (SMALL["digits"],)),
        Condition("moved digits", (Probed(MOVED, "modmnist-digits", options=moved),)),
        Condition("Fashion-MNIST", (SMALL["fashion-mnist"],)),
        Condition("grocery photos", (SMALL["grocery"],)),
    )
    return (Setting("four data sets", conditions),)
