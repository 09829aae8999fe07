"""Labels, losses, the loop and its baselines."""
