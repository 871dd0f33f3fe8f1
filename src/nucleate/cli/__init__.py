"""The command line: thin, and quick to say what it can do (`--help` never imports torch)."""

from nucleate.cli.app import main

__all__ = ["main"]
