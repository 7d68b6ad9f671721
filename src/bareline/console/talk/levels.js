// How loud are both sides at this moment?

const SILENCE_DB = -100;

/** Listens to two streams on one clock; `onBlock(endS, lengthS, youDb, agentDb)` comes about a hundred times a second. */
export class Levels {
  #context = new AudioContext({ latencyHint: "interactive" });
  #node = null;
  #sources = [null, null];
  #streams = [null, null];

  async start(onBlock) {
    await this.#context.audioWorklet.addModule("levels-worklet.js");
    if (this.#context.state === "closed") return;
    this.#node = new AudioWorkletNode(this.#context, "levels", { numberOfInputs: 2, channelCount: 1, channelCountMode: "explicit" });
    this.#node.connect(this.#context.destination); // silence; a node that leads nowhere may not be run
    this.#node.port.onmessage = ({ data }) => onBlock(data.endS, data.lengthS, ...data.squares.map(decibels));
    this.#streams.forEach((stream, index) => this.#listen(index, stream));
    this.#context.resume().catch(() => {});
  }

  you(stream) {
    this.#listen(0, stream);
  }

  agent(stream) {
    this.#listen(1, stream);
  }

  close() {
    this.#context.close().catch(() => {});
  }

  #listen(index, stream) {
    this.#streams[index] = stream;
    if (!this.#node) return;
    this.#sources[index]?.disconnect();
    this.#sources[index] = stream?.getAudioTracks().length ? this.#context.createMediaStreamSource(stream) : null;
    this.#sources[index]?.connect(this.#node, 0, index);
  }
}

function decibels(square) {
  return square > 1e-10 ? 10 * Math.log10(square) : SILENCE_DB;
}
