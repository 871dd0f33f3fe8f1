"""Drawings as part of the page."""

import pytest

from nucleate.reports.content._curves import Curve, Curves, Point
from nucleate.reports.content._palette import SERIES
from nucleate.reports.figures._charts import profile_chart
from nucleate.reports.figures._svg import adapt, inline_svg

DRAWN = (
    '<svg xmlns="http://www.w3.org/2000/svg" class="marks" width="9"><g role="x" aria-label="axis">'
    f'<path transform="translate(1.23456,2)" fill="{SERIES[0]}" stroke="#abcdef" '
    'aria-label="a 1.23456 &quot;fill=&quot;"/>'
    '</g><text fill="transparent">role="img" 1.23456 &lt;g&gt; fill="#0072b2"</text></svg>'
)


def test_adapts_tags_and_leaves_text():
    assert adapt(DRAWN, label='a "b" <c>') == (
        '<svg role="img" aria-label="a &#34;b&#34; &lt;c&gt;" class="marks" width="9"><g>'
        '<path transform="translate(1.23,2)" fill="var(--series-1)" stroke="#abcdef" '
        'aria-label="a 1.23456 &quot;fill=&quot;"/>'
        '</g><text fill="transparent">role="img" 1.23456 &lt;g&gt; fill="#0072b2"</text></svg>'
    )


def test_nothing_is_declared_that_only_a_file_needs():
    assert "http" not in adapt(DRAWN, label="")


@pytest.mark.parametrize(
    ("value", "written"), [(0.9, "0.0 0.2 0.4 0.6 0.8 1.0"), (13.0, "0 5 10 15"), (-0.3, "−0.3 −0.2 −0.1 0.0")]
)
def test_every_tick_is_drawn(value, written):
    points = (Point("a", 0.0, value, None, None, None), Point("b", 1.0, 0.0, None, None, None))
    panels = tuple(Curve(panel, panel, panel, "hubness", points) for panel in ("one", "two", "three"))
    drawn = inline_svg(profile_chart(Curves(panels, {"a": 0.0, "b": 1.0}), width=340), label="")
    for tick in written.split():
        assert drawn.count(f">{tick}</text>") >= 3, tick
