"""``bareline bench turns``: detectors and policies over the corpus, beside silence timers."""
