"""``bareline bench barge-in``: from the caller's first sound to silence, and what is told of it."""
