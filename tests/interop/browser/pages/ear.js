// What does the page hear, and what does it say? For the tests to look at afterwards.

/** Records a stream; calling what comes back ends it and gives the recording (WebM with Opus) in base64. */
export function record(stream) {
  const recorder = new MediaRecorder(stream, { mimeType: "audio/webm;codecs=opus", audioBitsPerSecond: 96_000 });
  const pieces = [];
  recorder.ondataavailable = ({ data }) => pieces.push(data);
  recorder.start(250);
  return async () => {
    const stopped = new Promise((resolve) => (recorder.onstop = resolve));
    recorder.stop();
    await stopped;
    const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text);
  };
}

/** A microphone that says recordings when it is told to, and is silent otherwise. */
export class Mouth {
  #context = new AudioContext();
  #out = this.#context.createMediaStreamDestination();

  get stream() {
    return this.#out.stream;
  }

  /** Resolves when the last sample was said. */
  async say(url) {
    const answer = await fetch(url);
    const source = this.#context.createBufferSource();
    source.buffer = await this.#context.decodeAudioData(await answer.arrayBuffer());
    source.connect(this.#out);
    const over = new Promise((resolve) => (source.onended = resolve));
    source.start();
    await over;
  }
}
