from ._axes import spread, ticks
from ._charts import profile_chart, styled
from ._composition import draw_composition
from ._gallery import Cluster, GroupGallery, LayerGallery, fitted, galleries, strip
from ._histograms import Histogram, draw_histograms, histograms
from ._hubs import hubs
from ._overlap_map import OverlapMap, draw_overlap_map, overlap_map
from ._peak_branches import Branches, peak_branches
from ._peak_map import draw_map
from ._peak_tree import draw_tree, leaf_order
from ._persistence import Plateau, draw_persistence, plateaus, widest
from ._svg import inline_svg

__all__ = [
    "Branches",
    "Cluster",
    "GroupGallery",
    "Histogram",
    "LayerGallery",
    "OverlapMap",
    "Plateau",
    "draw_composition",
    "draw_histograms",
    "draw_map",
    "draw_overlap_map",
    "draw_persistence",
    "draw_tree",
    "fitted",
    "galleries",
    "histograms",
    "hubs",
    "inline_svg",
    "leaf_order",
    "overlap_map",
    "peak_branches",
    "plateaus",
    "profile_chart",
    "spread",
    "strip",
    "styled",
    "ticks",
    "widest",
]
