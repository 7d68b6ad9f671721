"""What do microphones, loudspeakers and their stand-ins promise?

Conformance kits: ``bareline.testing.conformance.devices``.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from bareline.media.frames import AudioFrame

__all__ = ["AudioSink", "AudioSource", "EchoAware", "LatencyAware"]


class AudioSource(Protocol):
    """Where the user's audio comes from.

    Contract: frames come in order and without gaps in ``first_sample`` (a device that lost audio says so by a jump),
    paced in real time of the running loop's clock unless the source says otherwise; ``read`` is safe to cancel;
    ``None`` once the source has ended, and ever after. ``close`` may be called twice.
    """

    async def read(self) -> AudioFrame | None:
        """The next frame, usually 20 ms."""
        ...

    async def close(self) -> None:
        """Stop and free the device."""
        ...


@runtime_checkable
class EchoAware(Protocol):
    """What an ``AudioSource`` beside a loudspeaker may know besides."""

    @property
    def echo_share(self) -> float | None:
        """How much of the frame read last is the loudspeaker's own sound, 0-1; None while no loudspeaker is heard."""
        ...


class AudioSink(Protocol):
    """Where the assistant's audio is heard.

    Contract: what was written is played in order, in real time. ``heard_samples`` never decreases, never exceeds what
    was written, and counts only samples that really left the device (from the device's own time where it has one),
    rounded down. ``clear`` makes the sink silent within one device buffer and returns how many written samples will
    never be heard; they are not counted later. A ``write`` that waits meanwhile is dropped with the rest: it returns,
    and nothing of it is counted. A starved sink plays silence that counts for nothing. ``close`` may be called twice.
    """

    async def write(self, frame: AudioFrame) -> None:
        """Queue a frame; waits only while the sink's own queue (bounded, named in the class) is full."""
        ...

    def clear(self) -> int:
        """Drop everything not heard yet; at once. Returns the number of samples dropped."""
        ...

    @property
    def written_samples(self) -> int:
        """All samples accepted so far, dropped ones included."""
        ...

    @property
    def heard_samples(self) -> int:
        """Samples heard so far."""
        ...

    async def drain(self) -> None:
        """Wait until everything written was heard or dropped."""
        ...

    async def close(self) -> None:
        """Stop and free the device; what was not heard is dropped."""
        ...


@runtime_checkable
class LatencyAware(Protocol):
    """What an ``AudioSink`` over a device may know besides."""

    @property
    def latency_ms(self) -> int | None:
        """Length of the device's own buffer; None where nobody knows it."""
        ...
