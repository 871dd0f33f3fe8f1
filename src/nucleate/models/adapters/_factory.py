"""A user's own network: `package.module:factory` is imported and called."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from nucleate.errors import ModelError, first_line
from nucleate.models._network import Network, as_network
from nucleate.suggestions import did_you_mean

SPEC = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


def is_factory(spec: str) -> bool:
    """Whether a text looks like `package.module:factory`.

    Examples
    --------
    >>> is_factory("mypackage.networks:make"), is_factory("resnet18"), is_factory("C:/weights.pt")
    (True, False, False)
    """
    return SPEC.fullmatch(spec) is not None


def find_factory(spec: str) -> Any:
    """Import a module and find what it offers under a name.

    Parameters
    ----------
    spec : str
        `package.module:factory`. The module may lie in the working directory.

    Raises
    ------
    ModelError
        When the module, something it imports or the factory is missing, or the import fails.
    """
    module_name, _, attribute = spec.partition(":")
    with working_directory_first():
        module = import_module(module_name)
    if not hasattr(module, attribute):
        public = [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]
        raise ModelError(f"The module {module_name} has no {attribute!r}", did_you_mean(attribute, public))
    return getattr(module, attribute)


def network_of(factory: Any, spec: str) -> Network:
    """Call a factory without arguments.

    Parameters
    ----------
    factory : callable
        Returns a torch module, or a `Network` when inputs need a preprocessing; a class will do, and so will a network.
    spec : str
        What the network is called unless it has a name.

    Raises
    ------
    ModelError
        When the factory fails or gives no network.
    """
    with working_directory_first():
        made = factory if isinstance(factory, nn.Module | Network) else call(factory, spec)
    if not isinstance(made, nn.Module | Network):
        raise ModelError(f"{spec} gives {type(made).__name__}", "Return a torch.nn.Module, or models.as_network(...)")
    return as_network(made, name=None if isinstance(made, Network) else spec)


def import_module(name: str) -> ModuleType:
    """Import the user's module, telling its own absence from that of something it imports."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or str(error)
        if f"{name}.".startswith(f"{missing}."):
            raise ModelError(
                f"There is no module {missing!r}", "Run in the folder that holds it, or install it: pip install -e ."
            ) from error
        raise ModelError(
            f"The module {name} needs {missing!r}, which is not installed", f"Install it: pip install {missing}"
        ) from error
    except Exception as error:  # the user's code may raise anything
        raise failed(f"The module {name} cannot be imported", error) from error


def call(factory: Any, spec: str) -> Any:
    """What a factory makes."""
    if not callable(factory):
        raise ModelError(f"{spec} is no function", "Name a function that returns the network")
    try:
        return factory()
    except Exception as error:  # the user's code may raise anything
        raise failed(f"{spec} fails", error) from error


def failed(what: str, error: Exception) -> ModelError:
    """An error of the user's own code, with the line where it happened."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_filename}, line {trace.tb_lineno}" if trace else ""
    return ModelError(f"{what}: {type(error).__name__}: {first_line(error)}{place}", "Mend it there")


@contextmanager
def working_directory_first() -> Iterator[None]:
    """Let imports find modules in the working directory, as `python -m` does."""
    folder = str(Path.cwd())
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        if folder in sys.path:
            sys.path.remove(folder)
