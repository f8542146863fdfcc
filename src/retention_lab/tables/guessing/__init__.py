"""From files that nobody designed to a client file: what each is, which column is which, and how sure that is."""
