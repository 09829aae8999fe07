"""Labels and tokens -> a trained adapter: losses, loop, ridge axis, card. Knows no pictures but by their tokens."""

from imgrank.training.options import TrainingOptions
from imgrank.training.result import TrainedQuery, TrainingResult
from imgrank.training.training_run import train

__all__ = ["TrainedQuery", "TrainingOptions", "TrainingResult", "train"]
