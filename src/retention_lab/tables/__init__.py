"""A client's files: the client file, the canonical tables, loading, checking, and reductions in the engine."""
