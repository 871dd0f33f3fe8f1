"""`--preset`: where neither a flag nor the configuration file says anything, the preset does."""

from __future__ import annotations

from typing import Any

from cyclopts import App, ArgumentCollection
from cyclopts.config import Dict


def fill_from_preset(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """A source of configuration that comes after all others."""
    chosen = [token.value for argument in arguments if "--preset" in argument.names for token in argument.tokens]
    if not chosen:
        return
    from nucleate.pipeline.request import PRESETS

    settings = PRESETS.get(chosen[-1], {})  # type: ignore[call-overload]
    options = {name.replace("_", "-"): _written(value) for name, value in settings.items()}
    Dict({commands[-1]: options}, source=f"--preset {chosen[-1]}")(app, commands, arguments)


def _written(value: Any) -> Any:
    """A setting as its flag takes it."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else value
