"""Networks of our own, one file per family, each with its paper."""
