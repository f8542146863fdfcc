"""Experiments in sentences: whether it worked, whether that can be trusted, and what to do. `headline` has them all."""
