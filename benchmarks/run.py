"""Run every benchmark and print its table: python benchmarks/run.py [name ...]"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def main(names: list[str]) -> None:
    """Run the named benchmarks, or all."""
    known = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "run")
    for name in names or known:
        if name not in known:
            sys.exit(f"There is no benchmark {name!r}. There are {', '.join(known)}.")
        print(f"\n== {name}", flush=True)
        specification = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
        assert specification is not None
        assert specification.loader is not None
        module = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(module)
        module.main()


if __name__ == "__main__":
    main(sys.argv[1:])
