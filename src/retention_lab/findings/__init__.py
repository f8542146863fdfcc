"""Numbers to sentences: each finding is a sentence computed from a result, with a verdict."""
