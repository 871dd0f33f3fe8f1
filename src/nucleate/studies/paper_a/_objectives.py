"""Nguyen & Kornblith 2023, Section 6.3: which objectives make networks that cluster external data well."""

from __future__ import annotations

from collections.abc import Sequence

from nucleate.studies._evidence import Evidence
from nucleate.studies.claims import Finding, is_not_best, is_worst
from nucleate.studies.declare import MAIN, Claim, Condition, Scale, Setting, Study, with_objective
from nucleate.studies.figures import Picture
from nucleate.studies.paper_a._external import EXTERNAL, by_data, data_of, draw_external, draw_means, probed_externally
from nucleate.training import OBJECTIVES

NAMES = {name: name.replace("_", " ").replace("l2", "L2") for name in OBJECTIVES}
SOFTMAX, SQUARED, COSINE = (NAMES[name] for name in ("softmax", "squared_error", "cosine_softmax"))

REGULARIZED = ("label_smoothing", "dropout", "extra_final_layer_l2", "logit_penalty")
KINDS = {
    "softmax cross-entropy and ways to regularise it": [SOFTMAX, *(NAMES[name] for name in REGULARIZED)],
    "softmax cross-entropy and other losses": [NAMES[name] for name in OBJECTIVES if name not in REGULARIZED],
}
"""Lines of each figure: nine in one could not be told apart."""


def _setting(scale: Scale) -> Setting:
    conditions = (
        Condition(name, probed_externally(with_objective(scale, objective), EXTERNAL[scale]))
        for objective, name in NAMES.items()
    )
    return Setting({"small": MAIN["small"], "paper": "ImageNet"}[scale], tuple(conditions))


def _scores(evidence: Evidence, *, without: str = "") -> dict[str, object]:
    sets = data_of(evidence)
    return {name: by_data(evidence, name, "ami", sets) for name in evidence.conditions if name != without}


def squared_error_is_worst(evidence: Evidence) -> Finding:
    """Whether squared error clusters external data worse than all other objectives."""
    return is_worst(_scores(evidence), SQUARED, unit="AMI")


def cosine_softmax_is_next(evidence: Evidence) -> Finding:
    """Whether cosine softmax clusters external data worse than all others but squared error."""
    return is_worst(_scores(evidence, without=SQUARED), COSINE, unit="AMI")


def softmax_is_not_best(evidence: Evidence) -> Finding:
    """Whether some other objective clusters external data better than softmax."""
    return is_not_best(_scores(evidence), SOFTMAX, unit="AMI")


def _draw(evidence: Evidence) -> Sequence[Picture]:
    caption = "AMI of the clusters of external data, mean over 1 to 10 clusters per class; best objectives first."
    return [
        draw_means(evidence, "ami", caption, ranked=True),
        *(
            draw_external(evidence, "ami", f"The same by the number of clusters per class: {kind}.", only=names)
            for kind, names in KINDS.items()
        ),
    ]


A_FIG6 = Study(
    id="A-fig6",
    title="Is softmax the best objective for clustering external data?",
    section="6.3",
    paper="ResNet-50s that Kornblith et al. (2021) trained on ImageNet with nine objectives, three seeds of each: how "
    "well clusters of four external data sets recover their classes, by overclustering factor.",
    ours={
        "small": "A ResNet of nine blocks trained on the superclasses of digits with each objective at its published "
        "hyper-parameters, one seed; with squared error at a hundredth of the others' learning rate, as published. "
        "External data: Fashion-MNIST, digits moved about a canvas and photos of groceries, at 32 pixels in grey.",
        "paper": "As the paper. The authors' weights are loaded from the folder of data, ResNet-50s under "
        "torchvision's names, with or without their final layer: checkpoints/imagenet-OBJECTIVE-seedN.pth, N from 1 to "
        f"3, OBJECTIVE one of {', '.join(OBJECTIVES)}.",
    },
    settings={"small": (_setting("small"),), "paper": (_setting("paper"),)},
    claims=(
        Claim("Squared error clusters external data worst of nine objectives.", squared_error_is_worst),
        Claim("Cosine softmax clusters external data second worst of nine objectives.", cosine_softmax_is_next),
        Claim(
            "Softmax cross-entropy is not the best of nine objectives for clustering external data.",
            softmax_is_not_best,
        ),
    ),
    draw=_draw,
)

STUDIES = (A_FIG6,)
