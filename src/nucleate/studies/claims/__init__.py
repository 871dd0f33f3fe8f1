"""Tests of the papers' claims: profiles or arrays in, a finding with a verdict out."""

from nucleate.studies.claims.agreement import (
    clusters_differ,
    clusters_differ_more,
    measures_agree,
    seeds_agree,
    seeds_agree_in_score_only,
    spread_between_seeds,
)
from nucleate.studies.claims.coexistence import coexist_at
from nucleate.studies.claims.comparison import (
    differs_most_near_output,
    drops_only_at_end,
    lies_above,
    lies_above_most_near_output,
    lies_closer,
    lies_on,
)
from nucleate.studies.claims.composition import breaks_up_by_kind, is_one_peak_inside
from nucleate.studies.claims.consistency import corresponding_layers_agree_best, stages_agree_as_layers_do
from nucleate.studies.claims.dendrograms import mirrors_taxonomy, taxonomy_correlation
from nucleate.studies.claims.interior import (
    dips_at,
    dips_below,
    falls_as_other_rises,
    has_hump,
    merges_then_splits,
    rises_after_peak_of,
)
from nucleate.studies.claims.middle import lifts_middle, lifts_middle_more
from nucleate.studies.claims.monotony import (
    descent,
    one_rises_monotonically_the_other_not,
    rises_less_monotonically,
    rises_monotonically,
)
from nucleate.studies.claims.nucleation import (
    late_rise,
    rises_at_end,
    rises_more_sharply,
    rises_sharply,
    sharpness,
    stays_near_then_rises,
)
from nucleate.studies.claims.peaks import (
    peak_depth,
    peaks_after,
    peaks_at,
    peaks_earlier,
    peaks_earlier_not_higher,
    peaks_equally_high,
    peaks_higher,
)
from nucleate.studies.claims.ranking import helps_only_here, is_not_best, is_worst
from nucleate.studies.claims.training_time import late_change, settles_early_except_last_layers
from nucleate.studies.claims.trends import correlates, trend_correlations, trends_agree
from nucleate.studies.claims.turnover import changes_faster, layers_to_half

__all__ = [
    "breaks_up_by_kind",
    "changes_faster",
    "clusters_differ",
    "clusters_differ_more",
    "coexist_at",
    "correlates",
    "corresponding_layers_agree_best",
    "descent",
    "differs_most_near_output",
    "dips_at",
    "dips_below",
    "drops_only_at_end",
    "falls_as_other_rises",
    "has_hump",
    "helps_only_here",
    "is_not_best",
    "is_one_peak_inside",
    "is_worst",
    "late_change",
    "late_rise",
    "layers_to_half",
    "lies_above",
    "lies_above_most_near_output",
    "lies_closer",
    "lies_on",
    "lifts_middle",
    "lifts_middle_more",
    "measures_agree",
    "merges_then_splits",
    "mirrors_taxonomy",
    "one_rises_monotonically_the_other_not",
    "peak_depth",
    "peaks_after",
    "peaks_at",
    "peaks_earlier",
    "peaks_earlier_not_higher",
    "peaks_equally_high",
    "peaks_higher",
    "rises_after_peak_of",
    "rises_at_end",
    "rises_less_monotonically",
    "rises_monotonically",
    "rises_more_sharply",
    "rises_sharply",
    "seeds_agree",
    "seeds_agree_in_score_only",
    "settles_early_except_last_layers",
    "sharpness",
    "spread_between_seeds",
    "stages_agree_as_layers_do",
    "stays_near_then_rises",
    "taxonomy_correlation",
    "trend_correlations",
    "trends_agree",
]
