"""The command line as a whole: which commands there are, their configuration files, and how errors end them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from cyclopts import App, CycloptsError
from cyclopts.config import Toml

from nucleate._version import __version__
from nucleate.cli.actions import fill_from_preset
from nucleate.cli.commands.compare import compare
from nucleate.cli.commands.demo import demo
from nucleate.cli.commands.doctor import doctor
from nucleate.cli.commands.export import export
from nucleate.cli.commands.layers import layers
from nucleate.cli.commands.probe import probe
from nucleate.cli.commands.report import report
from nucleate.cli.commands.study import study
from nucleate.cli.commands.train import train
from nucleate.cli.commands.transfer import transfer
from nucleate.cli.commands.verify import verify
from nucleate.errors import NucleateError, UsageError

app = App(
    name="nucleate",
    help="Watch clusters form, layer by layer, inside a neural network.",
    version=__version__,
    help_format="markdown",
    suppress_keyboard_interrupt=False,
    help_epilogue="Start with: nucleate demo",
)

app.command(demo, sort_key=1)
app.command(probe, sort_key=2)
app.command(train, sort_key=2)
app.command(layers, sort_key=3)
app.command(report, sort_key=4)
app.command(compare, sort_key=5)
app.command(transfer, sort_key=5)
app.command(study)
app.command(export, sort_key=6)
app.command(verify, sort_key=7)
app.command(doctor, sort_key=20)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 the run failed, 2 the request cannot be meant, 130 interrupted."""
    tokens = sys.argv[1:] if arguments is None else arguments
    try:
        app.config = _configuration(tokens)
        app(tokens, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        _fail(f"{_one_line(str(error))} See: nucleate {_command(tokens)}--help", 2)
    except NucleateError as error:
        _fail(_as_flags(str(error)), error.exit_code)
    except KeyboardInterrupt:
        _fail("Interrupted. The same command goes on where it stopped.", 130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except FileNotFoundError as error:
        _fail(f"{_one_line(str(error))}. Check the path.", 1)
    except OSError as error:  # of a disk that fails while it is read, say
        _fail(f"{_one_line(str(error))}. Check the disk and run the same command again.", 1)
    except MemoryError:
        _fail("Out of memory. Choose a smaller --batch-size, and fewer --layers where there are any to choose.", 1)


def _configuration(tokens: list[str]) -> tuple[Any, ...]:
    for place, token in enumerate(tokens):
        name, _, value = token.partition("=")
        if name == "--config":
            path = Path(value or (tokens[place + 1] if place + 1 < len(tokens) else ""))
            if not path.is_file():
                raise UsageError(f"The configuration file {path} does not exist", "Give a TOML file")
            _refuse_unknown_tables(path)
            return (Toml(path, must_exist=True), fill_from_preset)
    return (fill_from_preset,)


def _refuse_unknown_tables(path: Path) -> None:
    import tomllib

    from nucleate.suggestions import did_you_mean

    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"The configuration file {path} cannot be read: {_one_line(str(error))}") from None
    known = [name for name in app if not name.startswith("-")]
    for name in tables:
        if name not in known:
            raise UsageError(f"{path} has a table [{name}] of no command", did_you_mean(name, known))


def _command(tokens: list[str]) -> str:
    known = {name for name in app if not name.startswith("-")}
    return f"{tokens[0]} " if tokens and tokens[0] in known else ""


def _as_flags(message: str) -> str:
    from inspect import signature

    from nucleate.cli._wording import as_flags

    return as_flags(message, signature(probe).parameters)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _fail(message: str, code: int) -> None:
    print(f"nucleate: {message}", file=sys.stderr)
    sys.exit(code)
