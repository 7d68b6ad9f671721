"""What may be said, in which order, and what does it mean? (sans-IO: no clock, no tasks, no chance)

Typed events are in ``events``, bytes in ``codec``, the server's strictness in ``strict``, everything before the first
event in ``signalling``.
"""
