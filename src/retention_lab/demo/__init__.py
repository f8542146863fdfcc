"""A made-up client with known truth: what it is asked to show is planted, and counted."""
