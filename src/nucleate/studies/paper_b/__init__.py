"""Studies of Doimo et al. 2020."""
