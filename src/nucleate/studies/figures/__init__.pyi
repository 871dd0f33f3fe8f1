from ._grids import draw_clusters, draw_grid
from ._markup import harmless
from ._pictures import WIDTH, Picture, draw_profiles

__all__ = [
    "WIDTH",
    "Picture",
    "draw_clusters",
    "draw_grid",
    "draw_profiles",
    "harmless",
]
