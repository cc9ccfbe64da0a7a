"""The doctor watches training, says in plain words what is wrong and by what evidence, and offers remedies.

Each illness has a rule of its own (``rules``), a function from the ``Chart`` to a ``Finding`` or ``None``.
"""

from nnstudio.training.doctor.data_facts import DataFacts, examine_data
from nnstudio.training.doctor.doctor import Doctor
from nnstudio.training.doctor.finding import Evidence, Finding, Remedy, Series, Severity
from nnstudio.training.doctor.rules import WATCHED

__all__ = [
    "WATCHED", "DataFacts", "Doctor", "Evidence", "Finding", "Remedy", "Series", "Severity", "examine_data",
]  # fmt: skip
