"""Which runs there are and how they went, and who is making which one now."""
