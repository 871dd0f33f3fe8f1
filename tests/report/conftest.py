"""Small real runs, and a reader of pages."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch
from markupsafe import Markup
from PIL import Image
from torch import nn

from nucleate.data import from_arrays, from_folder
from nucleate.models import Network, Preprocessing, as_network
from nucleate.pipeline import Reporter, Run, probe
from nucleate.reports import report
from nucleate.reports.figures._charts import profile_chart
from nucleate.reports.figures._svg import inline_svg
from nucleate.reports.pages import _page as page_module

NASTY = (
    "<script>alert(1)</script>",
    '"onerror=alert(1) x="',
    "مرحبا\u202e'</style><!-- {{7*7}}",
    "a]]>\"'&amp;<img src=x>",
)
NASTY_MODULES = ("<b>0</b>", '1 fill="#0072b2"', "</text><g>", "{{7*7}}", "4", "5", "6")
NASTY_FOLDER = "<img src=x onerror=alert(3)>"
VOID = {"meta", "img", "br"}


@dataclass
class Element:
    """One element of a page."""

    tag: str
    attributes: dict[str, str]
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text inside it."""
        return " ".join("".join(self.texts).split())


class Page(HTMLParser):
    """The elements of a page in order, each with the text inside it."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.source, self.elements, self.open = source, [], []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attributes):
        element = Element(tag, {name: value or "" for name, value in attributes})
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attributes):
        self.elements.append(Element(tag, {name: value or "" for name, value in attributes}))

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data):
        for element in self.open:
            element.texts.append(data)

    def all(self, tag, **attributes):
        """Elements of a tag, with these attributes."""
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        return [e for e in self.elements if e.tag == tag and wanted.items() <= e.attributes.items()]

    @property
    def text(self):
        """The text of the main part."""
        return self.all("main")[0].text

    def tables(self):
        """Rows of cell texts of each table that no drawing holds."""
        found, rows = [], None
        for element in self.elements:
            if element.tag == "table":
                rows = []
                found.append(rows)
            elif element.tag == "tr":
                rows.append([])
            elif element.tag in ("td", "th"):
                rows[-1].append(element.text)
        return found


def tiny_network(modules: Sequence[str] = "0123456") -> Network:
    """A convolutional network for images of 12 x 12 pixels, its modules named as given."""
    torch.manual_seed(0)
    parts = (
        nn.Conv2d(1, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, 8, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1),
        nn.Flatten(), nn.Linear(8, 3),
    )  # fmt: skip
    preprocessing = Preprocessing(size=(12, 12), channels=1, mean=(0.5,), std=(0.5,))
    module = nn.Sequential(OrderedDict(zip(modules, parts, strict=True)))
    return as_network(module, name="tiny", preprocessing=preprocessing)


def patterns(classes: np.ndarray, size: int = 12) -> np.ndarray:
    """8-bit images: one noisy pattern per class."""
    generator = np.random.default_rng(0)
    prototypes = generator.uniform(60, 190, (int(classes.max()) + 1, size, size))
    return np.clip(prototypes[classes] + generator.normal(0, 25, (len(classes), size, size)), 0, 255).astype(np.uint8)


def run_arrays(out: Path, labels, classes: np.ndarray, *, name="patterns", modules="0123456", **options) -> Run:
    samples = from_arrays(patterns(classes), labels, name=name)
    options = {"layers": ("input", "0", "2", "output"), "k": 5, "factors": (1, 2), "workers": 0} | options
    return probe(tiny_network(modules), samples, out=out, reporter=Reporter(stream=None), **options)


def two_levels(superclasses=("loops", "strokes", "curves"), subclasses="abcdef"):
    """72 samples: superclasses of three, two and one subclass."""
    classes = np.arange(72) % 6
    above = np.array([0, 0, 0, 1, 1, 2])
    return classes, {
        "shape": [superclasses[above[c]] for c in classes],
        "letter": [subclasses[c] for c in classes],
    }


@pytest.fixture(scope="session", autouse=True)
def blank_figures():
    """Leave figures blank, for drawing takes most of a report's time; `drawn` draws them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page_module, "profile_chart", lambda shown, width: {})
        patch.setattr(page_module, "inline_svg", lambda chart, label: Markup('<svg aria-label="{}"/>').format(label))
        yield


def drawn(runs: Run, **options) -> Path:
    """A report with its figures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page_module, "profile_chart", profile_chart)
        patch.setattr(page_module, "inline_svg", inline_svg)
        return report(runs, **options)


@pytest.fixture(scope="session")
def runs(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def labelled(runs) -> Run:
    """A folder of pictures, two of them damaged; one superclass has a single subclass."""
    classes, labels = two_levels()
    folder = runs / "pictures"
    for row, (image, shape, letter) in enumerate(zip(patterns(classes), *labels.values(), strict=True)):
        (folder / shape / letter).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / shape / letter / f"{row:02d}.png")
    for victim in (7, 30):
        path = next(folder.glob(f"*/*/{victim:02d}.png"))
        path.write_bytes(path.read_bytes()[:40])
    return probe(
        tiny_network(), from_folder(folder), out=runs / "first" / "run", reporter=Reporter(stream=None), workers=0,
        layers=("input", "0", "2", "output"), k=5, factors=(1, 2, 3),
    )  # fmt: skip


@pytest.fixture(scope="session")
def other(runs) -> Run:
    """The same kind of samples with a shuffled hierarchy."""
    classes, labels = two_levels(subclasses="fcadbe")
    return run_arrays(runs / "second" / "run", labels, classes)


@pytest.fixture(scope="session")
def unlabelled(runs) -> Run:
    return run_arrays(runs / "unlabelled", None, np.arange(60) % 5, layers=("0", "2"))


@pytest.fixture(scope="session")
def one_level(runs) -> Run:
    classes = np.arange(60) % 5
    return run_arrays(runs / "one", [f"class {c}" for c in classes], classes)


@pytest.fixture(scope="session")
def nasty(runs) -> Run:
    """Names that try to be markup, in every place where a name can stand."""
    classes, labels = two_levels(superclasses=NASTY[:3], subclasses=[f"{c} {NASTY[c % 4]}" for c in range(6)])
    labels = {"<b>level</b>": labels["shape"], 'leaf" onload="x': labels["letter"]}
    name, layers = "</title><script>alert(2)</script>", ("input", *NASTY_MODULES[:4], "output")
    return run_arrays(runs / NASTY_FOLDER, labels, classes, name=name, modules=NASTY_MODULES, layers=layers)


@pytest.fixture(scope="session")
def page(labelled) -> Page:
    return read(drawn(labelled))


@pytest.fixture(scope="session")
def nasty_page(nasty) -> Page:
    return read(drawn(nasty))


def read(path: Path) -> Page:
    return Page(path.read_text("utf-8"))
