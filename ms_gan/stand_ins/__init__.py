"""Synthetic data sets, which take a real one's place where there is nothing to download."""
