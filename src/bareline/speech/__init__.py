"""Engines behind the contracts of the core: voice activity, recognition, synthesis (extra ``speech``)."""
