"""Where audio comes from and where it is heard: files, tones, queues, callbacks, paced by the loop's clock."""

from bareline.devices.contract import AudioSink, AudioSource, EchoAware
from bareline.devices.sinks import CallbackSink, NullSink
from bareline.devices.sources import FileSource, IterSource, QueueSource, SilenceSource, ToneSource
from bareline.devices.wav_sink import WavSink

__all__ = [
    "AudioSink",
    "AudioSource",
    "CallbackSink",
    "EchoAware",
    "FileSource",
    "IterSource",
    "NullSink",
    "QueueSource",
    "SilenceSource",
    "ToneSource",
    "WavSink",
]
