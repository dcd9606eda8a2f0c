"""Real images for training: found or fetched, checked, and fed in batches."""
