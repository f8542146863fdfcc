"""Did it work? One module for each part of the answer; `study` is where it begins."""
