"""Weights in files: safetensors files that describe themselves, and reading strangers' weights without running code."""

from __future__ import annotations

import json
import pickle
import re
import warnings
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import nn

from nucleate.errors import ModelError, first_line
from nucleate.models._network import Network
from nucleate.storage import write_bytes

METADATA_KEY = "nucleate"
FORMAT = 1
MAX_HEADER = 100 * 2**20  # bytes, as in the safetensors format itself
WRAPPERS = ("state_dict", "model_state_dict", "model", "teacher", "student", "net", "network")
"""Under which training scripts keep the weights; of several the first counts."""

DEEPEST_WRAPPER = 4
SAFE_TORCH = (2, 10)  # before, its unpickler for tensors had holes


def save_checkpoint(network: Network, path: str | Path, *, extra: dict[str, Any] | None = None) -> None:
    """Write a network to one safetensors file that says how to build it again; the file appears whole or not at all.

    Parameters
    ----------
    network : Network
        One that `load` made: it knows its architecture.
    path : path
        Ends in `.safetensors`.
    extra : dict, optional
        Anything JSON can hold, kept with the weights (epoch, seed, history).

    Raises
    ------
    ModelError
        When the network does not know its architecture, or the path does not end in `.safetensors`.
    StorageError
        When the file cannot be written.
    """
    path = Path(path)
    if path.suffix != ".safetensors":
        raise ModelError(f"A checkpoint cannot be called {path.name}", "Use a path that ends in .safetensors")
    write_bytes(path, encode_checkpoint(network, extra=extra))


def encode_checkpoint(network: Network, *, extra: dict[str, Any] | None = None) -> bytes:
    """The bytes of a checkpoint; equal networks give equal bytes.

    Raises
    ------
    ModelError
        When the network does not know its architecture.
    """
    if network.architecture is None:
        raise ModelError(
            f"{network.name} does not know how it is built", "Save the state_dict() of its module yourself"
        )
    description = {
        "format": FORMAT,
        "name": network.name,
        "architecture": asdict(network.architecture),
        "preprocessing": network.preprocessing and network.preprocessing.to_dict(),
        "input_shape": network.input_shape,
        "extra": extra or {},
    }
    # Clones: tensors that share memory (tied weights) are refused by the format.
    tensors = {name: value.detach().cpu().contiguous().clone() for name, value in network.module.state_dict().items()}
    return safetensors.torch.save(tensors, {METADATA_KEY: json.dumps(description, sort_keys=True)})


def read_description(path: str | Path) -> dict[str, Any]:
    """What `save_checkpoint` wrote beside the weights.

    Raises
    ------
    ModelError
        When the file is not a whole safetensors file, or nucleate did not write it.
    """
    path = Path(path)
    text = read_header(path).get("__metadata__", {}).get(METADATA_KEY)
    foreign = f"Name the network and pass checkpoint={str(path)!r}"
    if text is None:
        raise ModelError(f"{path} holds weights but does not say of which network", foreign)
    try:
        description = json.loads(text)
        version = description["format"]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise ModelError(f"The description in {path} cannot be read ({error})", foreign) from error
    if version != FORMAT:
        raise ModelError(f"{path} has checkpoint format {version}, this version reads {FORMAT}", "Update nucleate")
    return description


@dataclass(frozen=True)
class Weights:
    """What a file holds: tensors by name, and notes for people about what was left out."""

    tensors: dict[str, torch.Tensor]
    notes: tuple[str, ...] = ()


def read_weights(path: str | Path) -> Weights:
    """Read named tensors from safetensors, or from a PyTorch file that holds nothing but tensors.

    The usual wrappers ("state_dict", "model", "teacher") are taken off; prefixes of names stay.

    Raises
    ------
    ModelError
        When the file is missing, damaged, or could run code.
    """
    path = Path(path)
    content: Any
    if path.suffix == ".safetensors":
        read_header(path)
        try:
            # Read, not mapped: a mapped file that another program cuts short kills its reader by a signal.
            content = safetensors.torch.load(path.read_bytes())
        except (safetensors.SafetensorError, OSError) as error:
            raise ModelError(f"{path} cannot be read: {error}", "Write or download it again") from error
    else:
        content = read_torch_file(path)
    state, notes = unwrap(content, path)
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise ModelError(f"{path} is not a table of named tensors", "Save model.state_dict() alone")
    return Weights(state, notes)


def read_state(path: str | Path) -> dict[str, torch.Tensor]:
    """The tensors that `read_weights` finds, by name."""
    return read_weights(path).tensors


def unwrap(content: Any, path: Path) -> tuple[Any, tuple[str, ...]]:
    """The table of tensors inside a training script's file, and what other such tables there are."""
    notes: list[str] = []
    for _ in range(DEEPEST_WRAPPER):
        wrapper = next((key for key in WRAPPERS if is_table(content) and isinstance(content.get(key), dict)), None)
        if wrapper is None:
            break
        others = [key for key, value in content.items() if key != wrapper and is_table(value) and holds_tensors(value)]
        if others:
            notes.append(f"Of {path}, the weights under {wrapper!r}, not those under {', '.join(map(repr, others))}")
        content = content[wrapper]
    return content, tuple(notes)


def is_table(value: Any) -> bool:
    """Whether something maps names to things."""
    return isinstance(value, dict) and all(isinstance(key, str) for key in value)


def holds_tensors(table: dict[str, Any]) -> bool:
    """Whether a table is one of tensors, or wraps one."""
    if any(isinstance(value, torch.Tensor) for value in table.values()):
        return True
    return any(isinstance(table.get(key), dict) for key in WRAPPERS)


def read_torch_file(path: Path) -> Any:
    """Load a PyTorch file with the unpickler that builds tensors and plain containers only."""
    found = tuple(int(part) for part in re.findall(r"\d+", torch.__version__)[:2])
    if found < SAFE_TORCH:
        least = ".".join(map(str, SAFE_TORCH))
        raise ModelError(
            f"{path} is a pickle, which torch {torch.__version__} cannot read safely",
            f"Save its tensors as safetensors, or update torch to {least} or later",
        )
    try:
        refuse_program(path)
        with warnings.catch_warnings():  # about its pickle protocol: it loads, or one of the errors below says why not
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except ModelError:
        raise
    except FileNotFoundError as error:
        raise ModelError(f"{path} does not exist", "Check the path") from error
    except pickle.UnpicklingError as error:
        raise more_than_tensors(path) from error
    except (RuntimeError, OSError, EOFError, ValueError, KeyError, MemoryError, zipfile.BadZipFile) as error:
        reason = first_line(error)
        raise ModelError(f"{path} is not a PyTorch file or is damaged ({reason})", "Download it again") from error


def refuse_program(path: Path) -> None:
    """Refuse what would run or unpack to more than the file holds, before torch looks at it.

    torch never compresses; and the one way to take memory that its unpickler for tensors leaves open is `bytearray`.
    """
    if not zipfile.is_zipfile(path):
        if b"bytearray" in path.read_bytes():
            raise more_than_tensors(path)
        return
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if any(entry.filename.endswith("constants.pkl") for entry in entries):
            raise ModelError(
                f"{path} is a TorchScript program, which would have to run",
                "Ask its author for model.state_dict() alone, best as safetensors",
            )
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries) or (
            sum(entry.file_size for entry in entries) > path.stat().st_size
        ):
            raise ModelError(f"{path} is compressed, which PyTorch files never are", "Unpack it")
        for entry in entries:
            if entry.filename.endswith(".pkl") and b"bytearray" in archive.read(entry):
                raise more_than_tensors(path)


def more_than_tensors(path: Path) -> ModelError:
    """The error of a file that is no mere table of tensors."""
    return ModelError(
        f"{path} holds more than tensors, and loading it could run code",
        "Ask its author for model.state_dict() alone, best as safetensors",
    )


def read_header(path: Path) -> dict[str, Any]:
    """The header of a safetensors file, its sizes checked against the file before anything is read.

    Raises
    ------
    ModelError
        When the file is missing, truncated or not a safetensors file.
    """
    again = "Write or download it again"
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(size - 8, MAX_HEADER):
                raise ModelError(
                    f"{path} has {size:,} bytes and cannot hold a header of {length:,}: truncated, or not safetensors",
                    again,
                )
            header = json.loads(file.read(length))
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}", "Check the path") from error
    except (ValueError, RecursionError) as error:  # also of bytes that are no text, or nested without end
        if isinstance(error, ModelError):
            raise
        raise ModelError(f"{path} is not a safetensors file: its header is no JSON", again) from error
    if not isinstance(header, dict) or not isinstance(header.get("__metadata__", {}), dict):
        raise ModelError(f"{path} is not a safetensors file: its header is no table", again)
    return header


def apply_state(module: nn.Module, state: dict[str, torch.Tensor], *, name: str, source: str) -> None:
    """Copy named tensors into a module that must want exactly these.

    Raises
    ------
    ModelError
        Names the first tensor that is missing, of another shape, or not wanted; the module is then unchanged.
    """
    wanted = module.state_dict()
    for key, value in wanted.items():
        if key.endswith("num_batches_tracked"):  # old files lack it, and evaluation never reads it
            continue
        if key not in state:
            raise ModelError(
                f"{source} lacks {key!r}, which {name} needs", "It holds the weights of another network: check the name"
            )
        if state[key].shape != value.shape:
            raise ModelError(
                f"{key!r} has shape {tuple(state[key].shape)} in {source}, {tuple(value.shape)} in {name}",
                "Pass the num_classes and in_channels it was trained with, or name another network",
            )
    unwanted = next((key for key in state if key not in wanted), None)
    if unwanted is not None:
        raise ModelError(
            f"{source} holds {unwanted!r}, which {name} does not have",
            "It holds the weights of another network: check the name",
        )
    module.load_state_dict(state, strict=False)
