"""Metrics, baselines, report and plots. Knows labels and tokens; trains no adapter."""

from imgrank.evaluation.report import QueryReport, Report, evaluate

__all__ = ["QueryReport", "Report", "evaluate"]
