"""Scores: numbers that say how good a generator is."""
