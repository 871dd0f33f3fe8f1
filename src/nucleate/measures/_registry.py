"""What each measure is called, where its values lie and which way is better: the data behind axes, tables and pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

MANNING = 'C. D. Manning, P. Raghavan, H. Schütze, "Introduction to Information Retrieval", 2008'
VINH = 'N. X. Vinh, J. Epps, J. Bailey, "Information theoretic measures for clusterings comparison", JMLR 11, 2010'
HUBERT = 'L. Hubert, P. Arabie, "Comparing partitions", Journal of Classification 2, 1985'
NGUYEN = 'T. Nguyen, S. Kornblith, "Probing clustering in neural network representations", 2023'
DOIMO = 'D. Doimo, A. Glielmo, A. Ansuini, A. Laio, "Hierarchical nucleation in deep neural networks", NeurIPS 2020'
RADOVANOVIC = 'M. Radovanović, A. Nanopoulos, M. Ivanović, "Hubs in space", JMLR 11, 2010'
KLABUNDE = 'M. Klabunde et al., "Similarity of neural network models: a survey", ACM Computing Surveys, 2025'
FACCO = 'E. Facco et al., "Estimating the intrinsic dimension of datasets by a minimal neighborhood information", 2017'
KORNBLITH = 'S. Kornblith et al., "Similarity of neural network representations revisited", ICML 2019'
HUH = 'M. Huh, B. Cheung, T. Wang, P. Isola, "The platonic representation hypothesis", ICML 2024'


@dataclass(frozen=True)
class MeasureInfo:
    """A measure's name and how to read its values.

    Attributes
    ----------
    name : str
        The name in tables and in the code.
    title : str
        For axes and headings.
    description : str
        One line.
    low, high : float or None
        Bounds of its values; None where there is none.
    higher_is_better : bool or None
        None where neither way is better.
    chance : str or None
        Its level by chance; None where there is no such level.
    citation : str
    """

    name: str
    title: str
    description: str
    low: float | None
    high: float | None
    higher_is_better: bool | None
    chance: str | None
    citation: str


MEASURES: Mapping[str, MeasureInfo] = MappingProxyType(
    {
        info.name: info
        for info in (
            MeasureInfo(
                "purity",
                "Purity",
                "Share of samples that belong to the most frequent class of their cluster.",
                low=0.0,
                high=1.0,
                higher_is_better=True,
                chance="its mean when samples are dealt to the clusters at random",
                citation=MANNING,
            ),
            MeasureInfo(
                "ami",
                "Adjusted mutual information",
                "Information that clusters and classes share beyond chance.",
                low=None,
                high=1.0,
                higher_is_better=True,
                chance="0",
                citation=VINH,
            ),
            MeasureInfo(
                "ari",
                "Adjusted Rand index",
                "Agreement of two partitions about pairs of samples, beyond chance.",
                low=-0.5,
                high=1.0,
                higher_is_better=True,
                chance="0",
                citation=HUBERT,
            ),
            MeasureInfo(
                "linear_probe",
                "Linear probe accuracy",
                "Accuracy of multinomial logistic regression from the frozen layer to the classes.",
                low=0.0,
                high=1.0,
                higher_is_better=True,
                chance="the share of the most frequent class",
                citation=NGUYEN,
            ),
            MeasureInfo(
                "overlap",
                "Neighbourhood overlap",
                "Share of nearest neighbours that two representations have in common.",
                low=0.0,
                high=1.0,
                higher_is_better=None,
                chance="k / (n - 1)",
                citation=DOIMO,
            ),
            MeasureInfo(
                "label_overlap",
                "Label overlap",
                "Share of nearest neighbours that carry the sample's own label.",
                low=0.0,
                high=1.0,
                higher_is_better=True,
                chance="the mean share of other samples with the same label",
                citation=DOIMO,
            ),
            MeasureInfo(
                "balanced_label_overlap",
                "Balanced label overlap",
                "Label overlap with every class counting alike, whatever its size.",
                low=0.0,
                high=1.0,
                higher_is_better=True,
                chance="the mean over classes of the share of other samples in the class",
                citation=DOIMO,
            ),
            MeasureInfo(
                "hub_entropy",
                "Entropy of hubs",
                "Mean image entropy, in bits, of the samples that lie in most neighbourhoods.",
                low=0.0,
                high=None,
                higher_is_better=None,
                chance="the mean entropy of all other images",
                citation=DOIMO,
            ),
            MeasureInfo(
                "mutual_knn",
                "Mutual kNN alignment",
                "Share of nearest neighbours by cosine that two representations have in common.",
                low=0.0,
                high=1.0,
                higher_is_better=None,
                chance="k / (n - 1)",
                citation=HUH,
            ),
            MeasureInfo(
                "jaccard",
                "Neighbourhood Jaccard similarity",
                "Neighbours that two representations share, over those that either has.",
                low=0.0,
                high=1.0,
                higher_is_better=None,
                chance="its mean when neighbours are drawn at random",
                citation=KLABUNDE,
            ),
            MeasureInfo(
                "neighborhood_entropy",
                "Neighbourhood entropy",
                "Mean image entropy, in bits, of the nearest neighbours.",
                low=0.0,
                high=None,
                higher_is_better=None,
                chance="the mean entropy of all images",
                citation=DOIMO,
            ),
            MeasureInfo(
                "intrinsic_dimension",
                "Intrinsic dimension",
                "Number of coordinates along which the samples vary locally.",
                low=0.0,
                high=None,
                higher_is_better=None,
                chance=None,
                citation=FACCO,
            ),
            MeasureInfo(
                "hubness",
                "Hubness",
                "Skewness of how often samples are chosen as neighbours: high where a few are everybody's.",
                low=None,
                high=None,
                higher_is_better=None,
                chance=None,
                citation=RADOVANOVIC,
            ),
            MeasureInfo(
                "peaks",
                "Density peaks",
                "Number of significant peaks of the samples' density.",
                low=1.0,
                high=None,
                higher_is_better=None,
                chance=None,
                citation=DOIMO,
            ),
            MeasureInfo(
                "peak_ari",
                "Adjusted Rand index of density peaks",
                "Agreement of density peaks with classes about pairs of samples, beyond chance.",
                low=-0.5,
                high=1.0,
                higher_is_better=True,
                chance="0",
                citation=DOIMO,
            ),
            MeasureInfo(
                "cka",
                "Centred kernel alignment",
                "Similarity of two representations' kernel matrices; debiased, it may be below 0 by chance.",
                low=None,
                high=1.0,
                higher_is_better=None,
                chance="its mean when the samples of one side are permuted",
                citation=KORNBLITH,
            ),
        )
    }
)
