"""What customers say, in sentences with a verdict."""
