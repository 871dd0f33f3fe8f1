from ._agreement import (
    clusters_differ,
    clusters_differ_more,
    measures_agree,
    seeds_agree,
    seeds_agree_in_score_only,
    spread_between_seeds,
)
from ._alignment import after
from ._claims_between_seeds import (
    agree_at_both_ends,
    agree_more_near_output,
    agree_most_early,
    agree_where_score_is_high,
)
from ._claims_within_networks import (
    keeps_changing,
    peaks_no_higher,
    rises_overall,
    stays_low_but_above_zero,
    varies_more_within_stages,
)
from ._coexistence import coexist_at
from ._comparison import (
    differs_most_near_output,
    drops_only_at_end,
    lies_above,
    lies_above_most_near_output,
    lies_closer,
    lies_on,
)
from ._composition import breaks_up_by_kind, is_one_peak_inside
from ._consistency import corresponding_layers_agree_best, stages_agree_as_layers_do
from ._dendrograms import mirrors_taxonomy, taxonomy_correlation
from ._interior import dips_at, dips_below, falls_as_other_rises, has_hump, merges_then_splits, rises_after_peak_of
from ._intervals import Estimate
from ._middle import lifts_middle, lifts_middle_more
from ._monotony import descent, one_rises_monotonically_the_other_not, rises_less_monotonically, rises_monotonically
from ._nucleation import late_rise, rises_at_end, rises_more_sharply, rises_sharply, sharpness, stays_near_then_rises
from ._peaks import (
    peak_depth,
    peaks_after,
    peaks_at,
    peaks_earlier,
    peaks_earlier_not_higher,
    peaks_equally_high,
    peaks_higher,
)
from ._profiles import LayerProfile
from ._ranking import helps_only_here, is_not_best, is_worst
from ._training_time import late_change, settles_early_except_last_layers
from ._trends import correlates, trend_correlations, trends_agree
from ._turnover import changes_faster, layers_to_half
from ._verdicts import Finding, Verdict, all_of, decide, exceeds, exceeds_between, falls_below, within

__all__ = [
    "Estimate",
    "Finding",
    "LayerProfile",
    "Verdict",
    "after",
    "agree_at_both_ends",
    "agree_more_near_output",
    "agree_most_early",
    "agree_where_score_is_high",
    "all_of",
    "breaks_up_by_kind",
    "changes_faster",
    "clusters_differ",
    "clusters_differ_more",
    "coexist_at",
    "correlates",
    "corresponding_layers_agree_best",
    "decide",
    "descent",
    "differs_most_near_output",
    "dips_at",
    "dips_below",
    "drops_only_at_end",
    "exceeds",
    "exceeds_between",
    "falls_as_other_rises",
    "falls_below",
    "has_hump",
    "helps_only_here",
    "is_not_best",
    "is_one_peak_inside",
    "is_worst",
    "keeps_changing",
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
    "peaks_no_higher",
    "rises_after_peak_of",
    "rises_at_end",
    "rises_less_monotonically",
    "rises_monotonically",
    "rises_more_sharply",
    "rises_overall",
    "rises_sharply",
    "seeds_agree",
    "seeds_agree_in_score_only",
    "settles_early_except_last_layers",
    "sharpness",
    "spread_between_seeds",
    "stages_agree_as_layers_do",
    "stays_low_but_above_zero",
    "stays_near_then_rises",
    "taxonomy_correlation",
    "trend_correlations",
    "trends_agree",
    "varies_more_within_stages",
    "within",
]
