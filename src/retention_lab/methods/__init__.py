"""Arrays in, estimates out: no domain words, no engine, no files."""
