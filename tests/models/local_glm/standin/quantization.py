"""Nothing: the stand-in is never quantised."""
