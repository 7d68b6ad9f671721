"""The pipes of whole messages, and of audio where the protocol carries it outside of events (``contract``).

Each kind is imported in its own module and nowhere else: ``memory``, ``websocket``.
"""
