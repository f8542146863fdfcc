"""Are the data fit to decide on: what can be used, what is wrong, and what it bends."""
