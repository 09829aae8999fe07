"""What people say about pictures: labels.csv, numbered folders, star ratings -> Labels.

Knows files and numbers; opens no picture, and knows no torch, no tokens and no adapter.
"""

from imgrank.labels.csv_text import write_labels
from imgrank.labels.folders_and_ratings import labels_from_folders, labels_from_ratings
from imgrank.labels.read_csv import read_labels
from imgrank.labels.tasks import FEWEST_ROWS, SKIP_BAD, SPLITS, Fault, Labels, PairTask, ValueTask

__all__ = [
    "FEWEST_ROWS",
    "SKIP_BAD",
    "SPLITS",
    "Fault",
    "Labels",
    "PairTask",
    "ValueTask",
    "labels_from_folders",
    "labels_from_ratings",
    "read_labels",
    "write_labels",
]
