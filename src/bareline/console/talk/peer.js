// How does the browser hold the call itself? One peer connection: sound both ways, and the channel `oai-events`.

import { Trouble } from "./server.js";

const GATHER_MS = 1_000;
const OPEN_MS = 15_000;
const SHAKY_MS = 8_000;

/**
 * One call. `on` has: event(message), sent(message), sound(stream), shaky(isShaky), lost(trouble). A call is connected
 * once and closed once.
 */
export class Peer {
  #connection = new RTCPeerConnection();
  #channel = this.#connection.createDataChannel("oai-events");
  #sender = null;
  #on;
  #over = false;
  #shaky = 0;

  constructor(on) {
    this.#on = on;
    this.#connection.ontrack = ({ streams, track }) => on.sound(streams[0] || new MediaStream([track]));
    this.#connection.onconnectionstatechange = () => this.#changed();
    this.#channel.onmessage = ({ data }) => this.#take(data);
    this.#channel.onclose = () => this.#lose("The other side ended the call.");
  }

  /** Offer, exchange, answer; resolves when the channel is open. `microphone` may be null: then one can only type. */
  async connect(microphone, exchange) {
    const track = microphone?.getAudioTracks()[0] || "audio";
    const streams = microphone ? [microphone] : [];
    this.#sender = this.#connection.addTransceiver(track, { direction: "sendrecv", streams }).sender;
    await this.#connection.setLocalDescription();
    await within(GATHER_MS, gathered(this.#connection)); // what is not found by then is not needed
    const answer = await exchange(this.#connection.localDescription.sdp);
    if (this.#over) return;
    await this.#connection.setRemoteDescription({ type: "answer", sdp: answer });
    const opened = await within(OPEN_MS, opening(this.#channel));
    if (!opened && !this.#over) {
      throw new Trouble(
        "The call did not connect.",
        "The other side answered, but no packet came through. A firewall or a VPN may hold back UDP.",
      );
    }
  }

  /** Send one client event; false when the channel is not open. */
  send(message) {
    if (this.#channel.readyState !== "open") return false;
    this.#channel.send(JSON.stringify(message));
    this.#on.sent(message);
    return true;
  }

  /** Speak into another microphone from now on. */
  async speakInto(microphone) {
    await this.#sender?.replaceTrack(microphone?.getAudioTracks()[0] || null);
  }

  /** Round trip in ms, share of packets lost, jitter in ms; each null while unknown. */
  async measures() {
    const found = { roundTripMs: null, lost: null, jitterMs: null };
    for (const entry of (await this.#connection.getStats()).values()) {
      if (entry.type === "candidate-pair" && entry.nominated && entry.currentRoundTripTime !== undefined) {
        found.roundTripMs = entry.currentRoundTripTime * 1000;
      }
      if (entry.type === "inbound-rtp" && entry.kind === "audio") {
        const all = entry.packetsReceived + entry.packetsLost;
        found.lost = all > 0 ? Math.max(0, entry.packetsLost) / all : null;
        found.jitterMs = entry.jitter * 1000;
      }
    }
    return found;
  }

  /** End it; may be called twice. */
  close() {
    this.#over = true;
    clearTimeout(this.#shaky);
    this.#channel.close();
    this.#connection.close();
  }

  #take(data) {
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return; // not of this protocol
    }
    if (typeof message?.type === "string") this.#on.event(message);
  }

  #changed() {
    const state = this.#connection.connectionState;
    clearTimeout(this.#shaky);
    this.#on.shaky(state === "disconnected");
    if (state === "failed") this.#lose("The connection broke.");
    if (state === "disconnected") {
      this.#shaky = setTimeout(() => this.#lose("Nothing came through any more."), SHAKY_MS);
    }
  }

  #lose(why) {
    if (this.#over) return;
    this.close();
    this.#on.lost(new Trouble("The call was lost.", `${why} Press “Call again” for a new one.`));
  }
}

function gathered(connection) {
  return new Promise((resolve) => {
    const look = () => connection.iceGatheringState === "complete" && resolve(true);
    connection.addEventListener("icegatheringstatechange", look);
    look();
  });
}

function opening(channel) {
  return new Promise((resolve) => {
    if (channel.readyState === "open") resolve(true);
    channel.addEventListener("open", () => resolve(true), { once: true });
    channel.addEventListener("close", () => resolve(false), { once: true });
  });
}

function within(ms, wanted) {
  return Promise.race([wanted, new Promise((resolve) => setTimeout(resolve, ms, false))]);
}
