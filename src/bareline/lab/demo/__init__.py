"""The main job: a complete spoken call against the built-in server, judged by what it did."""
