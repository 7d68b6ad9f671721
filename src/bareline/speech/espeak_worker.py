"""How does espeak-ng speak without being part of this program?

This file is a program of its own (standard library only, never imported by Bareline): it loads the espeak-ng library,
takes one socket per job from its control socket, and forks a child for each. A forked child starts from the library's
untouched state, so that the same text always gives the same samples, whatever was said before; several speak at once;
and closing the job's socket ends the child.

Usage: ``espeak_worker.py LIBRARY DATA CONTROL_FD``. A job is one line of JSON; answers are frames of one byte kind,
four bytes little-endian length, and payload: ``A`` audio (PCM16 mono 22050 Hz), ``W`` JSON list of [character, sample],
``P`` JSON list of phoneme strings, ``X`` error text, ``E`` end (always last).
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import struct
import sys
from typing import Any

__all__ = ["main"]

_SYNCHRONOUS = 2
_DONT_EXIT = 0x8000
_BLOCK_MS = 50
_CHARACTERS = 1
_UTF8 = 1
_END_PAUSE = 0x1000
_WORD_EVENT = 1
_RATE, _VOLUME, _PITCH, _RANGE, _WORD_GAP = 1, 2, 3, 4, 7
_SEPARATOR = ord("_") << 8
_JOB_MAX_BYTES = 4 * 1024 * 1024


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


def main(library: str, data: str, control_fd: int) -> None:
    """Take jobs until the control socket closes: when Bareline closes it, or ends."""
    espeak = ctypes.CDLL(library)
    started = espeak.espeak_Initialize(_SYNCHRONOUS, _BLOCK_MS, data.encode(), _DONT_EXIT)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=control_fd) as control:
        while True:
            message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
            if not message:
                return
            if os.fork() == 0:
                control.close()
                _child(espeak, started, socket.socket(fileno=descriptors[0]))
            os.close(descriptors[0])


def _child(espeak: ctypes.CDLL, started: int, line: socket.socket) -> None:
    try:
        _check("espeak_Initialize", min(started, 0))
        _work(espeak, _read_job(line), line)
    except OSError:
        os._exit(0)
    except Exception as error:  # noqa: BLE001 - whatever it was, the other side has to hear of it
        _send(line, b"X", f"{type(error).__name__}: {error}".encode())
    _send(line, b"E", b"")
    os._exit(0)


def _read_job(line: socket.socket) -> dict[str, Any]:
    received = bytearray()
    while not received.endswith(b"\n"):
        part = line.recv(65536)
        if not part or len(received) > _JOB_MAX_BYTES:
            os._exit(0)
        received += part
    return json.loads(received)


def _work(espeak: ctypes.CDLL, job: dict[str, Any], line: socket.socket) -> None:
    if espeak.espeak_SetVoiceByName(job["voice"].encode()) != 0:
        raise ValueError(f"espeak-ng has no voice {job['voice']!r}")
    if "words" in job:
        _send(line, b"P", json.dumps([_phonemes(espeak, word) for word in job["words"]]).encode())
    else:
        _speak(espeak, job, line)


def _speak(espeak: ctypes.CDLL, job: dict[str, Any], line: socket.socket) -> None:
    def take(samples: Any, count: int, events: Any) -> int:
        try:
            words: list[list[int]] = []
            index = 0
            while events[index].type != 0:
                if events[index].type == _WORD_EVENT:
                    words.append([events[index].text_position - 1, events[index].sample])
                index += 1
            if words:
                _send(line, b"W", json.dumps(words).encode())
            if samples and count > 0:
                _send(line, b"A", ctypes.string_at(samples, count * 2))
        except OSError:
            os._exit(0)
        return 0

    # Without a seed espeak-ng draws the breath of its voices by the time of day.
    espeak.espeak_ng_SetRandSeed(ctypes.c_long(1))
    callback = _Callback(take)
    espeak.espeak_SetSynthCallback(callback)
    settings = ((_RATE, "rate"), (_VOLUME, "volume"), (_PITCH, "pitch"), (_RANGE, "range"), (_WORD_GAP, "gap"))
    for parameter, name in settings:
        espeak.espeak_SetParameter(parameter, job[name], 0)
    text = job["text"].encode()
    _check("espeak_Synth", espeak.espeak_Synth(text, len(text) + 1, 0, _CHARACTERS, 0, _UTF8 | _END_PAUSE, None, None))


def _check(call: str, status: int) -> None:
    if status != 0:
        raise RuntimeError(f"{call} answered {status}")


def _phonemes(espeak: ctypes.CDLL, text: str) -> str:
    espeak.espeak_TextToPhonemes.restype = ctypes.c_char_p
    rest = ctypes.c_char_p(text.encode())
    spoken: list[str] = []
    while rest.value is not None:
        spoken.append(espeak.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, _SEPARATOR).decode())
    return " ".join(spoken)


def _send(line: socket.socket, kind: bytes, payload: bytes) -> None:
    line.sendall(kind + struct.pack("<I", len(payload)) + payload)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
