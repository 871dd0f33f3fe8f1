"""Run benchmarks and print their tables: python benchmarks/run.py [name ...] [--full]; without a name, all of them."""

from __future__ import annotations

import contextlib
import runpy
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def main(arguments: list[str]) -> None:
    """Run the named benchmarks, or all; flags are handed on to each."""
    names = [argument for argument in arguments if not argument.startswith("-")]
    flags = [argument for argument in arguments if argument.startswith("-")]
    known = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "run" and path.stem[0] != "_")
    for name in names or known:
        if name not in known:
            sys.exit(f"There is no benchmark {name!r}. There are {', '.join(known)}.")
        print(f"\n== {name}", flush=True)
        sys.argv = [name, *flags]
        with contextlib.suppress(SystemExit):  # one that misses its limit does not stop the others
            runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
