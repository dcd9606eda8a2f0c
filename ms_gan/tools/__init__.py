"""Commands beside training and generating."""
