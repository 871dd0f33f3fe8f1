from ._checkpoints import probe_training, refuse_two_networks
from ._compare import tell_agreement
from ._demo import run_demo
from ._doctor import examine
from ._layers import print_layers
from ._presets import fill_from_preset
from ._sources import Columns, load_network, load_samples
from ._study import show_list, show_plan, tell_report_of, tell_run
from ._train import make_recipe, run_training
from ._transfer import load_networks
from ._verify import verify_run

__all__ = [
    "Columns",
    "examine",
    "fill_from_preset",
    "load_network",
    "load_networks",
    "load_samples",
    "make_recipe",
    "print_layers",
    "probe_training",
    "refuse_two_networks",
    "run_demo",
    "run_training",
    "show_list",
    "show_plan",
    "tell_agreement",
    "tell_report_of",
    "tell_run",
    "verify_run",
]
