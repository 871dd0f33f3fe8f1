"""`nucleate doctor`."""

from __future__ import annotations


def doctor() -> None:
    """Say what this machine can do, what is broken, and how to mend it; exit 1 when something needed is broken."""
    from nucleate.cli.actions import examine

    examine()
