"""What customers said, as analyses may see it: tidied, and with what tells who it was masked."""
