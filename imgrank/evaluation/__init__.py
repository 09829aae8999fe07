"""Metrics, baselines, report and plots. Knows labels and tokens; trains no adapter."""
