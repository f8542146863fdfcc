"""What customers say: how they feel, what about, who must be called, and how far all of that can be trusted."""
