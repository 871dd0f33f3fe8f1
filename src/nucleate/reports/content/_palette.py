"""Colours of figures: told apart with any kind of colour vision, each a variable of the page's style."""

from __future__ import annotations

SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#c08400", "#3d9bd1", "#1f2328")
"""Okabe and Ito's hues; orange and sky blue are darker, and yellow is ink, so that each stands out on paper."""

ORDERED = ("#0b2f56", "#18507f", "#2b6fa1", "#4085b6", "#5a99c5")
"""From dark to light, for names that form an order."""

SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")

INK, MUTED, RULE, CHANCE = "#2b3036", "#5c636b", "#e3e5e8", "#80868e"

VARIABLES = {
    **{colour: f"--series-{place}" for place, colour in enumerate(SERIES, 1)},
    **{colour: f"--ordered-{place}" for place, colour in enumerate(ORDERED, 1)},
    INK: "--ink",
    MUTED: "--muted",
    RULE: "--rule",
    CHANCE: "--chance",
}
"""Colour of a figure -> the style sheet's variable, which knows the dark variant."""
