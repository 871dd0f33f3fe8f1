"""Drawings as part of the page."""

from nucleate.report.palette import SERIES
from nucleate.report.svg import adapt

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
