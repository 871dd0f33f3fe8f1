"""Every figure and table of the two papers as an experiment that anyone can run, with a verdict on each claim."""
