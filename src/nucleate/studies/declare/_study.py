"""What a study is: the experiment behind one figure or table, the claims it tests, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nucleate.studies.declare._jobs import Probed, Trained, Work

if TYPE_CHECKING:
    from nucleate.studies._evidence import Evidence
    from nucleate.studies.claims import Finding
    from nucleate.studies.figures import Picture

Scale = Literal["small", "paper"]


@dataclass(frozen=True)
class Condition:
    """One line of a figure: the same probe, several times over.

    Attributes
    ----------
    name : str
        As in the legend.
    probes : tuple of Probed
        Repetitions that could have come out otherwise, such as seeds.
    """

    name: str
    probes: tuple[Probed, ...]


@dataclass(frozen=True)
class Setting:
    """The conditions of a study on one set of data.

    Attributes
    ----------
    name : str
        What tells it from other settings of the study, usually the data.
    conditions : tuple of Condition
    trainings : tuple of Trained
        Networks of which only the training itself is looked at; those that are probed need not be named.
    """

    name: str
    conditions: tuple[Condition, ...]
    trainings: tuple[Trained, ...] = ()

    @property
    def works(self) -> tuple[Work, ...]:
        """Everything that has to be done, each once, trainings before the probes that need them."""
        probes = [probe for condition in self.conditions for probe in condition.probes]
        trained = [*self.trainings, *(probe.network for probe in probes if isinstance(probe.network, Trained))]
        return tuple(dict.fromkeys([*trained, *probes]))

    @property
    def data(self) -> tuple[str, ...]:
        """The data sets it needs."""
        return tuple(dict.fromkeys(work.data for work in self.works))


@dataclass(frozen=True)
class Claim:
    """What a paper says, and the test of it.

    Attributes
    ----------
    text : str
        In the paper's sense, as one sentence.
    test : callable
        From the evidence of one setting to a `Finding`.
    scales : tuple of {"small", "paper"}
        Where it can be tested: small data do not have everything that a paper's claim is about.
    """

    text: str
    test: Callable[[Evidence], Finding]
    scales: tuple[Scale, ...] = ("small", "paper")


@dataclass(frozen=True)
class Study:
    """The experiment behind one figure or table of a paper.

    Attributes
    ----------
    id : str
        The paper (A: Nguyen & Kornblith 2023, B: Doimo et al. 2020) and the figure or table, as `A-fig2`.
    title : str
        What is asked, in a few words.
    section : str
        Where in the paper.
    paper : str
        What the authors did.
    ours : mapping of scale to str
        Where we differ, and why.
    settings : mapping of scale to tuple of Setting
    claims : tuple of Claim
        Empty for tables that claim nothing.
    draw : callable
        From the evidence of one setting to its pictures.
    """

    id: str
    title: str
    section: str
    paper: str
    ours: Mapping[Scale, str]
    settings: Mapping[Scale, tuple[Setting, ...]]
    claims: tuple[Claim, ...]
    draw: Callable[[Evidence], Sequence[Picture]]

    def __repr__(self) -> str:
        return f"Study({self.id!r}: {self.title})"
