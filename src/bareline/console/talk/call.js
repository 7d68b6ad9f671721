// What happens in one call, from the button to its end?

import { Conversation } from "./conversation.js";
import { openMicrophone, playOn } from "./devices.js";
import { Levels } from "./levels.js";
import { at, Meters, say, shaky, showAnswers, showEvent, showMeasures, showMuted, showTrouble } from "./page.js";
import { Peer } from "./peer.js";
import { fitPicture } from "./picture.js";
import { hangUp, openCall, Trouble } from "./server.js";
import { Strip } from "./strip.js";
import { clock, duration, TranscriptView } from "./transcript.js";
import { Turns } from "./turns.js";

const CONFIGURED_MS = 4_000;
const MEASURE_MS = 2_000;

const strip = new Strip(at("strip"));
const meters = new Meters();
const view = new TranscriptView(at("entries"), at("conversation"));

/** One call. `lost(trouble)` is called when it ends without being ended. */
export class Call {
  microphone = null;
  over = false;
  #lost;
  #conversation = new Conversation();
  #levels = new Levels();
  #peer = null;
  #id = null;
  #beganMs = performance.now();
  #timers = [];
  #events = 0;
  #muted = false;
  #open = false; // nothing is said to a session without its tools
  #answers = [];
  #active = null; // the response that is being generated
  #asked = false; // a response was asked for that has not begun
  #overtaken = false; // something was written meanwhile, which that response does not know
  #sounding = false;
  #wanted = false; // a response is to be asked for as soon as none is active
  #latest = null; // the item whose first sound will be the answer
  #configured;
  #isConfigured = new Promise((resolve) => (this.#configured = resolve));
  #turns = new Turns({
    answered: (startS, endS) => this.#answered(startS, endS),
    silenced: (s) => say("silenced", duration(s * 1000)),
  });

  constructor(lost) {
    this.#lost = lost;
    view.clear();
  }

  /** Open the microphone that is chosen. Raises `Trouble`. */
  async listen() {
    const microphone = await openMicrophone(at("microphone").value);
    if (this.over) return stop(microphone);
    const before = this.microphone;
    this.microphone = microphone;
    this.mute(this.#muted);
    microphone.getAudioTracks()[0].onended = () => this.#unplugged();
    await this.#peer?.speakInto(microphone);
    this.#levels.you(microphone);
    stop(before);
  }

  /** Connect, wait until the session is configured, and let the assistant speak first. Raises `Trouble`. */
  async connect() {
    this.#levels.start((...block) => this.#heard(...block)).catch(() => this.over || say("latency", "n/a"));
    this.#peer = new Peer({
      event: (message) => this.#received(message),
      sent: ({ type }) => this.#show("→", type),
      sound: (stream) => this.#play(stream),
      shaky: (isShaky) => this.over || shaky(isShaky),
      lost: (trouble) => this.#lost(trouble),
    });
    await this.#peer.connect(this.microphone, (sdp) => this.#exchange(sdp));
    const late = new Promise((resolve) => setTimeout(resolve, CONFIGURED_MS, true));
    const unconfigured = await Promise.race([this.#isConfigured, late]);
    if (this.over) return;
    if (unconfigured) {
      const text = "Its session was not configured in time. If that goes on, hang up and look at the terminal.";
      showTrouble(new Trouble("The assistant answers without tools and instructions.", text), { inCall: true });
    }
    this.#open = true;
    this.mute(this.#muted);
    this.#beganMs = performance.now();
    strip.run();
    this.#timers.push(setInterval(() => (at("clock").textContent = clock(this.#nowMs())), 250));
    this.#timers.push(setInterval(() => this.#measure(), MEASURE_MS));
    this.#wanted = true;
    this.#respond();
  }

  /** Say it in writing; that interrupts, as speech does. */
  write(text) {
    const item = { type: "message", role: "user", content: [{ type: "input_text", text }] };
    this.#peer.send({ type: "conversation.item.create", item });
    if (this.#active) this.#peer.send({ type: "response.cancel" });
    this.#overtaken = this.#asked;
    if (this.#active || this.#sounding) this.#peer.send({ type: "output_audio_buffer.clear" });
    this.#wanted = true;
    this.#respond();
  }

  /** Show a picture; the user talks about it next. Raises `Trouble`. */
  async show(file) {
    const image = { type: "input_image", image_url: await fitPicture(file) };
    if (this.over) return;
    const item = { type: "message", role: "user", content: [image] };
    this.#peer.send({ type: "conversation.item.create", item });
  }

  get muted() {
    return this.#muted;
  }

  mute(muted) {
    this.#muted = muted;
    for (const track of this.microphone?.getAudioTracks() || []) track.enabled = this.#open && !muted;
    showMuted(muted);
  }

  /** End it; may be called twice. */
  end() {
    if (this.over) return;
    this.over = true;
    this.#timers.forEach(clearInterval);
    this.#peer?.close();
    this.#levels.close();
    stop(this.microphone);
    if (this.#id) hangUp(this.#id);
    strip.stop();
    meters.rest();
  }

  async #exchange(sdp) {
    const opened = await openCall({ sdp, model: at("model").value, voice: at("voice").value });
    this.#id = opened.call_id;
    if (this.over) hangUp(this.#id);
    return opened.sdp;
  }

  #respond() {
    if (!this.#wanted || this.#active || this.#asked) return;
    this.#asked = this.#peer.send({ type: "response.create" });
    this.#wanted = !this.#asked;
  }

  #received(event) {
    this.#show("←", event.type);
    this.#follow(event);
    for (const entry of this.#conversation.fold(event, this.#nowMs())) {
      view.show(entry);
      tell(entry);
    }
    if (this.#conversation.entries.length) at("welcome").hidden = true;
  }

  #follow({ type, response, item, error }) {
    switch (type) {
      case "session.updated":
        return this.#configured();
      case "input_audio_buffer.speech_stopped":
        return this.#turns.turnOver();
      case "response.created":
        return response.conversation_id === null ? undefined : this.#begun(response.id);
      case "response.output_item.added":
        if (item.type === "message") this.#latest = item.id;
        return;
      case "response.done":
        if (this.#active === response.id) this.#active = null;
        return this.#respond();
      case "output_audio_buffer.started":
        this.#sounding = true;
        return;
      case "output_audio_buffer.cleared":
        this.#turns.cleared();
        this.#sounding = false;
        return;
      case "output_audio_buffer.stopped":
        this.#sounding = false;
        return;
      case "error":
        if (error.code !== "response_cancel_not_active") this.#asked = this.#overtaken = false;
    }
  }

  #begun(id) {
    this.#active = id;
    if (this.#overtaken) this.#peer.send({ type: "response.cancel" });
    this.#asked = this.#overtaken = false;
  }

  #heard(endS, lengthS, youDb, agentDb) {
    if (this.over) return;
    this.#turns.feed(endS, lengthS, youDb, agentDb);
    strip.feed(endS, lengthS, youDb, agentDb);
    meters.show(youDb, agentDb);
  }

  #answered(startS, endS) {
    const ms = (endS - startS) * 1000;
    this.#answers.push(ms);
    strip.mark(startS, endS, duration(ms));
    showAnswers(this.#answers);
    const entry = this.#conversation.entry(this.#latest);
    if (entry) view.show(Object.assign(entry, { answeredAfterMs: ms }));
  }

  #play(stream) {
    const sound = at("sound");
    sound.srcObject = stream;
    this.#levels.agent(stream);
    if (at("speaker").value) playOn(sound, at("speaker").value).catch((error) => showTrouble(error, { inCall: true }));
    sound.play().catch((error) => {
      if (error.name !== "NotAllowedError") return; // taken away by the next call
      showTrouble(new Trouble("The browser keeps the sound off.", "Press any key or tap the page, then it plays."), { inCall: true });
    });
  }

  async #measure() {
    const measures = await this.#peer.measures();
    if (!this.over) showMeasures(measures);
  }

  #unplugged() {
    if (this.over) return;
    showTrouble(new Trouble("The microphone is gone.", "Choose another one under Sound."), { inCall: true });
  }

  #show(arrow, type) {
    this.#events += 1;
    showEvent(this.#events, this.#nowMs(), arrow, type);
  }

  #nowMs() {
    return performance.now() - this.#beganMs;
  }
}

/** To those who do not see the page: what is complete, once. */
function tell(entry) {
  if (!entry.final || entry.told) return;
  entry.told = true;
  const names = { user: "You", agent: "Assistant", notice: "Problem" };
  say("spoken", entry.kind === "tool" ? `Tool ${entry.name} answered.` : `${names[entry.kind]}: ${entry.text}`);
}

function stop(stream) {
  for (const track of stream?.getTracks() || []) track.stop();
}
