"""The commands, one module each. Rooms are imported when a command runs, so that `--help` stays instant."""
