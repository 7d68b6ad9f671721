// How long did the answer take, and how soon was the assistant silent when it was interrupted? From levels alone.

const SPEECH_DB = -48;
const OVER_FLOOR_DB = 14;
const SOUND_DB = -52;
const SPEECH_S = 0.05;
const PAUSE_S = 0.15;
const SILENCE_S = 0.3;
const ANSWER_MAX_S = 60;

/**
 * Fed with blocks of some 10 ms: when a block ended (s, one clock for both), and both levels (dBFS). The server's events
 * say which sounds were a turn and which silence was an interruption; the levels say when.
 */
export class Turns {
  #answered;
  #silenced;
  #floor = -70;
  #speech = null; // {start, end} of the last stretch of speech
  #sound = null; // {start, end} of the last stretch of the answer
  #turnOver = false;
  #cleared = null;

  constructor({ answered, silenced }) {
    this.#answered = answered;
    this.#silenced = silenced;
  }

  /** The server took the user's speech as a turn. */
  turnOver() {
    this.#turnOver = true;
  }

  /** The server dropped what was still to be played. */
  cleared() {
    if (this.#speech && this.#sound && this.#speech.start > this.#sound.start) this.#cleared = this.#speech.start;
  }

  feed(endS, lengthS, youDb, agentDb) {
    this.#listenToYou(endS, lengthS, youDb);
    this.#listenToAgent(endS, lengthS, agentDb);
  }

  #listenToYou(endS, lengthS, level) {
    this.#floor = Math.max(-75, Math.min(level, this.#floor + 3 * lengthS));
    if (level < Math.max(SPEECH_DB, this.#floor + OVER_FLOOR_DB)) return;
    if (!this.#speech || endS - this.#speech.end > PAUSE_S) this.#speech = { start: endS - lengthS, end: endS };
    this.#speech.end = endS;
  }

  #listenToAgent(endS, lengthS, level) {
    if (level >= SOUND_DB) {
      if (!this.#sound || endS - this.#sound.end > SILENCE_S) this.#begins(endS - lengthS);
      this.#sound.end = endS;
    } else if (this.#cleared !== null && endS - (this.#sound?.end ?? endS) > SILENCE_S) {
      this.#silenced(Math.max(0, this.#sound.end - this.#cleared));
      this.#cleared = null;
    }
  }

  #begins(startS) {
    this.#sound = { start: startS, end: startS };
    const speech = this.#speech;
    const spoken = speech && speech.end - speech.start >= SPEECH_S && startS - speech.end < ANSWER_MAX_S;
    if (this.#turnOver && spoken && startS > speech.end) this.#answered(speech.end, startS);
    this.#turnOver = false;
  }
}
