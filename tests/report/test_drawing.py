"""Markup of drawings: text stays text."""

from markupsafe import Markup

from nucleate.reports.figures._drawing import element, round_steps, shortened, svg, text


def test_text_and_attributes_are_escaped():
    assert text("<b>&\"'", 1, 2.005) == (
        '<text x="1" y="2" font-size="11" fill="var(--ink)">&lt;b&gt;&amp;&#34;&#39;</text>'
    )
    assert element("g", id='"><script>') == '<g id="&#34;&gt;&lt;script&gt;"></g>'
    assert element("g", Markup("<a></a>"), fill=None) == "<g><a></a></g>"


def test_a_drawing_says_what_it_is():
    drawing = svg(10, 2.5, [text("a", 0, 0)], label='<"tree">')
    assert drawing.startswith(
        '<svg role="img" aria-label="&lt;&#34;tree&#34;&gt;" width="10" height="2.5" viewBox="0 0 10 2.5">'
    )


def test_steps_lie_inside():
    for low, high in ((-33.1, -25.0), (0.0, 0.013), (5.0, 1e6)):
        steps = round_steps(low, high)
        assert 3 <= len(steps) <= 9
        assert low <= steps[0] < steps[-1] <= high
    assert round_steps(2.0, 2.0) == [2.0]


def test_shortened_names_fit():
    assert [len(shortened("a" * n, 5)) for n in (0, 4, 5, 6, 50)] == [0, 4, 5, 5, 5]
