"""What is due when, what was made for it, and what is to be tried again."""
