from ._probe import LinearProbe, linear_probe

__all__ = [
    "LinearProbe",
    "linear_probe",
]
