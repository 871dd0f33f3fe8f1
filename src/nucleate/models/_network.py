"""A network ready to be probed: any torch module with its name and the way its input is made."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import re
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from jaxtyping import Bool
from torch import nn

from nucleate.errors import ModelError
from nucleate.models._preprocessing import Preprocessing
from nucleate.models._text import TextPreprocessing

LIBRARIES = ("timm", "torchvision", "transformers")  # whose versions can change what a network says


@dataclass(frozen=True)
class Architecture:
    """What is needed to build a module again: a name that `load` knows, its two sizes, and its kind of final layer."""

    name: str
    num_classes: int
    in_channels: int
    final_layer: Literal["linear", "cosine"] = "linear"


@dataclass(frozen=True, repr=False)
class Network:
    """A torch module, its name, and how an image or a text becomes its input.

    Parameters
    ----------
    module : torch.nn.Module
        The network itself, never changed by nucleate.
    name : str
        What tables and reports call it.
    preprocessing : Preprocessing, TextPreprocessing or None
        For images, for texts; None feeds float32 arrays as they are.
    input_shape : tuple of int or None
        Shape of one input without the batch, (channels, height, width) for images; None takes it from
        `preprocessing`.
    architecture : Architecture or None
        How to build the module again; None when only the caller knows.
    notes : tuple of str
        What people should know about its weights, such as tensors of their file that were left out.
    """

    module: nn.Module
    name: str
    preprocessing: Preprocessing | TextPreprocessing | None = None
    input_shape: tuple[int, ...] | None = None
    architecture: Architecture | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.input_shape is None and self.preprocessing is not None:
            object.__setattr__(self, "input_shape", self.preprocessing.shape)
        elif self.input_shape is not None:
            object.__setattr__(self, "input_shape", tuple(self.input_shape))

    def __repr__(self) -> str:
        parameters = sum(parameter.numel() for parameter in self.module.parameters())
        shape = "x".join(map(str, self.input_shape)) if self.input_shape else "unknown"
        return f"Network({self.name!r}, {parameters:,} parameters, input {shape})"

    @property
    def device(self) -> torch.device:
        """Where the first parameter lives (cpu for a module without any)."""
        return next((tensor.device for tensor in self.module.parameters()), torch.device("cpu"))

    @property
    def dtype(self) -> torch.dtype:
        """Type of the first floating parameter (float32 for a module without any)."""
        floats = (tensor.dtype for tensor in self.module.parameters() if tensor.is_floating_point())
        return next(floats, torch.float32)

    @property
    def reads_text(self) -> bool:
        """Whether its samples are texts."""
        return isinstance(self.preprocessing, TextPreprocessing)

    @property
    def input_dtype(self) -> torch.dtype:
        """Type of a batch of inputs: whole numbers for tokens, else that of the parameters."""
        return torch.int64 if self.reads_text else self.dtype

    @property
    def has_class_token(self) -> bool:
        """Whether the first token stands for the whole sample, as far as anybody tells."""
        if isinstance(self.preprocessing, TextPreprocessing):
            return self.preprocessing.has_class_token
        return getattr(self.module, "num_prefix_tokens", 1) != 0  # timm's way of saying it

    def __call__(self, batch: torch.Tensor) -> Any:
        """Run the module on a batch of inputs as the preprocessing gives them, shape (n, *input_shape)."""
        if isinstance(self.preprocessing, TextPreprocessing):
            return self.module(**self.preprocessing.feed(batch))
        return self.module(batch)

    def mask(self, batch: torch.Tensor) -> Bool[torch.Tensor, "n tokens"] | None:
        """Where a batch of texts holds tokens and not padding; None for other inputs."""
        return self.preprocessing.mask(batch) if isinstance(self.preprocessing, TextPreprocessing) else None

    @property
    def fingerprint(self) -> str:
        """sha256 of structure, code, plain attributes, every tensor, and the preprocessing; computed anew at each call.

        The code is that of module classes of your own, where Python can find it, without comments: an edited `forward`
        is another network. Functions that it calls elsewhere are not looked at; libraries count by their versions.

        The name, the device and the training flags play no part. Cost: one pass over the parameters.
        """
        digest = hashlib.sha256()
        kinds = {type(module) for module in self.module.modules()}
        for code in sorted(code_of(kind) for kind in kinds):
            digest.update(code.encode())
        for name, module in self.module.named_modules():
            kind = type(module)
            # Functions print with their address, which differs between processes.
            settings = re.sub(r" at 0x[0-9a-fA-F]+", "", module.extra_repr())
            plain = {key: value for key, value in vars(module).items() if is_plain(value) and key != "training"}
            told = [name, kind.__module__, kind.__qualname__, settings, sorted(plain.items())]
            digest.update(json.dumps(told).encode())
            for key in sorted(module._non_persistent_buffers_set):
                value = module._buffers[key]
                digest.update(json.dumps([key, None if value is None else value.detach().cpu().tolist()]).encode())
        for name, value in self.module.state_dict().items():
            if not isinstance(value, torch.Tensor):
                digest.update(json.dumps([name, repr(value)]).encode())
                continue
            digest.update(json.dumps([name, str(value.dtype), list(value.shape)]).encode())
            digest.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
        digest.update(json.dumps(self.preprocessing and self.preprocessing.to_dict()).encode())
        return digest.hexdigest()

    @property
    def libraries(self) -> dict[str, str]:
        """Version of each library beside torch whose modules or tokenizer it is made of."""
        parts: list[object] = list(self.module.modules())
        if isinstance(self.preprocessing, TextPreprocessing):
            parts.append(self.preprocessing.tokenizer)
        names = {type(part).__module__.partition(".")[0] for part in parts}
        return {name: sys.modules[name].__version__ for name in LIBRARIES if name in names}

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """Put every module in evaluation mode, and each back into its own mode at the end."""
        modes = [(module, module.training) for module in self.module.modules()]
        self.module.eval()
        try:
            yield
        finally:
            for module, training in modes:
                module.training = training


def code_of(kind: type[nn.Module]) -> str:
    """The source of somebody's own class and of those it is made of, without comments; empty where it cannot be found.

    Libraries' classes, and ours, count by version.
    """
    found = []
    for part in kind.__mro__:
        if part.__module__.partition(".")[0] in (*LIBRARIES, "torch", "builtins", "nucleate"):
            continue
        try:
            found.append(ast.unparse(ast.parse(textwrap.dedent(inspect.getsource(part)))))
        except (OSError, TypeError, SyntaxError):  # typed at a prompt, or made by a function
            continue
    return "\n".join(found)


def is_plain(value: Any) -> bool:
    """Whether an attribute is a number, text or a tuple of such: what a module's behaviour may hang on."""
    if isinstance(value, tuple | list):
        return all(is_plain(item) for item in value)
    return value is None or isinstance(value, bool | int | float | str)


def as_network(
    module: nn.Module | Network,
    *,
    name: str | None = None,
    preprocessing: Preprocessing | TextPreprocessing | None = None,
    input_shape: tuple[int, ...] | None = None,
) -> Network:
    """Make a `Network` of any torch module, or a copy of one with other fields (None keeps what is there).

    Raises
    ------
    ModelError
        When `module` is neither.

    Examples
    --------
    >>> as_network(torch.nn.Linear(8, 2), name="linear", input_shape=(8,))
    Network('linear', 18 parameters, input 8)
    """
    if isinstance(module, Network):
        return replace(
            module,
            name=name or module.name,
            preprocessing=preprocessing or module.preprocessing,
            # A new preprocessing brings its own shape.
            input_shape=input_shape or (None if preprocessing else module.input_shape),
        )
    if not isinstance(module, nn.Module):
        raise ModelError(
            f"A network cannot be made of {type(module).__name__}", "Pass a torch.nn.Module or what models.load returns"
        )
    return Network(module, name or type(module).__name__, preprocessing, input_shape)
