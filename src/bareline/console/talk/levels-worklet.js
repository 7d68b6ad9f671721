// How loud are both sides, on one clock? Runs in the audio thread: blocks of about 10 ms, as mean squares.

const BLOCK_S = 0.01;

registerProcessor(
  "levels",
  class extends AudioWorkletProcessor {
    #sums = [0, 0];
    #frames = 0;

    process(inputs) {
      let length = 128;
      inputs.forEach((channels, index) => {
        const samples = channels[0];
        if (!samples) return;
        length = samples.length;
        for (const sample of samples) this.#sums[index] += sample * sample;
      });
      this.#frames += length;
      if (this.#frames >= BLOCK_S * sampleRate) {
        const squares = this.#sums.map((sum) => sum / this.#frames);
        this.port.postMessage({ endS: (currentFrame + length) / sampleRate, lengthS: this.#frames / sampleRate, squares });
        this.#sums = [0, 0];
        this.#frames = 0;
      }
      return true;
    }
  },
);
