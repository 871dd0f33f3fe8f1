from ._arrays import from_arrays
from ._cifar import from_cifar
from ._digits import digits, natural_digits
from ._folder import from_folder
from ._hub import from_hub
from ._idx import from_idx
from ._modmnist import from_modmnist
from ._table import READERS, from_table

__all__ = [
    "READERS",
    "digits",
    "from_arrays",
    "from_cifar",
    "from_folder",
    "from_hub",
    "from_idx",
    "from_modmnist",
    "from_table",
    "natural_digits",
]
