"""Results as charts and tables, in one theme. No statistics."""
