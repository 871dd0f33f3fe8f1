"""Studies of Nguyen & Kornblith 2023."""
