"""Labelled recordings of turns: how they lie in a folder, are replayed, measured, and held to a lock file.

``recordings`` reads and writes the folder, ``replay`` lets detectors and policies hear it, ``score`` counts, ``lock``
keeps what was reached. See ``docs/howto/tune-turns.md``.
"""
