"""The client: ``connect`` gives a ``Line`` (level 0), ``Call`` holds a whole conversation (level 1)."""
