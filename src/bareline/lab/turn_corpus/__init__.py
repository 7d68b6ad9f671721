"""A seeded corpus of turns: sentences, voices, noises and labels, kept apart from whatever detects turns.

``spoken`` and ``overlaps`` hold the words, ``voices`` the speakers, ``sounds`` what is no speech, ``corpus`` puts them
together. Nothing of it is imported by a detector, a policy or a backend; forms and voices marked as held out are heard
by nobody who chooses defaults.
"""
