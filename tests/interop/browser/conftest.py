"""Chromium, driven from here: a microphone that says what a test wants, and an ear for what a page hears."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import pytest

from bareline.devices.wav_file import WavWriter
from bareline.media.frames import AudioFrame
from bareline.speech.espeak import EspeakSynthesis
from bareline.speech.sphinx import GrammarSTT

HERE = Path(__file__).parent
PCM_PER_MS = 48
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)

TOLD = """
navigator.mediaDevices.getUserMedia = async () => {
    const context = new AudioContext();
    const out = context.createMediaStreamDestination();
    window.say = async (wav) => {
        const source = context.createBufferSource();
        source.buffer = await context.decodeAudioData(Uint8Array.from(atob(wav), (c) => c.charCodeAt(0)).buffer);
        source.connect(out);
        const over = new Promise((resolve) => (source.onended = resolve));
        source.start();
        await over;
    };
    return out.stream;
};
"""


class Speech:
    """Sentences as sound, and sound as sentences."""

    def spoken(self, text: str, voice: str = "caller-1") -> bytes:
        """PCM16 at 24 kHz."""

        async def speak() -> bytes:
            synthesis = EspeakSynthesis()
            try:
                return b"".join([chunk.pcm async for chunk in synthesis.speak(text, voice=voice)])
            finally:
                await synthesis.close()

        return _apart(lambda: asyncio.run(speak()))

    def wav(self, folder: Path, text: str) -> str:
        """A sentence as a WAV file in base64."""
        return base64.b64encode(self.write(folder / "said.wav", self.spoken(text)).read_bytes()).decode()

    def write(self, path: Path, pcm: bytes) -> Path:
        """As a WAV file."""
        recording = WavWriter(path)
        recording.write(pcm)
        recording.close()
        return path

    def heard(self, recording: str) -> bytes:
        """What ``ear.js`` recorded, as PCM16 at 24 kHz."""
        import av

        pcm = b""
        with av.open(io.BytesIO(base64.b64decode(recording))) as file:
            resampler = av.AudioResampler(format="s16", layout="mono", rate=24_000)
            for frame in file.decode(audio=0):
                for piece in resampler.resample(frame):
                    pcm += bytes(piece.planes[0])[: piece.samples * 2]
        return pcm

    def stretches(self, pcm: bytes, *, pause_ms: int = 600) -> list[bytes]:
        """The loud parts, each without a pause of ``pause_ms`` in it."""
        block = 20 * PCM_PER_MS
        loud = [_peak(pcm[start : start + block]) > 300 for start in range(0, len(pcm), block)]
        found: list[list[int]] = []
        for index in (index for index, is_loud in enumerate(loud) if is_loud):
            if found and index - found[-1][1] <= pause_ms // 20:
                found[-1][1] = index
            else:
                found.append([index, index])
        return [pcm[first * block : (last + 1) * block] for first, last in found if last - first >= 3]

    def recognised(self, pcm: bytes, sentences: list[str]) -> str:
        """Which of ``sentences`` it is; empty when it is none of them."""
        listener = GrammarSTT(f"#JSGF V1.0;\ngrammar heard;\npublic <said> = {' | '.join(sentences)};\n")
        listener.feed(AudioFrame(pcm + bytes(200 * PCM_PER_MS)))
        found = listener.finish()
        return found.text if found.confidence > 0.3 else ""


@pytest.fixture(scope="session")
def speech() -> Speech:
    return Speech()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Callable[..., Any]]:
    """Launch a browser with more arguments. For a module: other tests cannot run a loop of their own beside it."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="the browser suite needs the extra browser-tests")
    program = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chrome")
    if program is None:
        pytest.skip("the browser suite needs Chromium")
    with sync_api.sync_playwright() as playwright:
        yield lambda *arguments: playwright.chromium.launch(executable_path=program, args=[*ARGUMENTS, *arguments])


@pytest.fixture
def open_page(chromium, speech, tmp_path) -> Iterator[Callable[..., Any]]:
    """``open_page(url, microphone=PCM, **context)``: a page in a browser of its own, whose microphone says that once.

    ``microphone=None``: there is one, and it is silent. ``"refused"``: the user does not allow it. ``"missing"``: none.
    ``"told"``: it says what ``window.say(WAV in base64)`` gives it, for speech that has to follow the conversation.
    """
    with contextlib.ExitStack() as stack:

        def open_page(url: str, *, microphone: bytes | str | None = None, **context: Any) -> Any:
            browser = chromium(*_microphone(microphone, speech, tmp_path))
            stack.callback(browser.close)
            page = browser.new_context(**context).new_page()
            page.set_default_timeout(20_000)
            page.broken = []
            page.on("pageerror", lambda error: page.broken.append(str(error)))
            if microphone == "told":
                page.add_init_script(TOLD)
            page.goto(url)
            return page

        yield open_page


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The pages of this suite on an origin of their own, which is not the server's."""
    with Site(tmp_path_factory.mktemp("sounds")) as running:
        yield running


class Site:
    """A static web server: ``pages``, ``node_modules`` and, under ``/sounds``, what the tests put there."""

    def __init__(self, sounds: Path) -> None:
        self.sounds = sounds
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, sounds))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Files(SimpleHTTPRequestHandler):
    def __init__(self, sounds: Path, *arguments: Any) -> None:
        self._sounds = sounds
        super().__init__(*arguments, directory=str(HERE))

    def translate_path(self, path: str) -> str:
        if path.startswith("/sounds/"):
            return str(self._sounds / Path(path).name)
        return super().translate_path(path)

    def log_message(self, *_: object) -> None:
        pass


def _microphone(wanted: bytes | str | None, speech: Speech, folder: Path) -> list[str]:
    if wanted == "missing":
        return []
    if wanted == "refused":
        return ["--use-fake-device-for-media-stream", "--deny-permission-prompts"]
    pcm = wanted if isinstance(wanted, bytes) else bytes(2_000 * PCM_PER_MS)
    file = speech.write(folder / f"microphone-{id(pcm)}.wav", pcm)
    return [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={file}%noloop",
    ]


def _peak(pcm: bytes) -> int:
    samples = memoryview(pcm).cast("h")
    return max((abs(sample) for sample in samples), default=0)


def _apart(work: Callable[[], bytes]) -> bytes:
    """In a thread without an event loop: Playwright keeps one running in this one."""
    done: list[bytes] = []
    thread = threading.Thread(target=lambda: done.append(work()))
    thread.start()
    thread.join()
    return done[0]
