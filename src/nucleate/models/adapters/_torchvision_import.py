"""Import torchvision even where its compiled operators do not fit the installed torch.

On machines without a GPU pip often pairs a CPU build of torch with a torchvision wheel built for CUDA. Its compiled
operators cannot load, and then its import dies with "operator torchvision::nms does not exist". Nothing nucleate uses
needs these operators, so declaring the two that the import asks for is enough.
"""

from __future__ import annotations

import sys
from types import ModuleType

import torch

_declared: list[torch.library.Library] = []  # a library's operators vanish with it


def was_cured() -> bool:
    """Whether torchvision could be imported only with operators declared here."""
    return bool(_declared)


def import_torchvision() -> ModuleType:
    """Import torchvision, declaring its missing operators when it fails for want of them.

    `torchvision.io` and the compiled operators stay out of reach after the cure; transforms and models work.

    Raises
    ------
    ImportError
        When torchvision is not installed.
    RuntimeError
        When its import fails for another reason.
    """
    try:
        import torchvision
    except RuntimeError as error:
        if "operator torchvision::nms does not exist" not in str(error):
            raise
        library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")  # type: ignore[no-untyped-call]
        _declared.append(library)
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        import torchvision
    return torchvision
