// What happens when somebody presses a button? The page's one program.

import { Conversation } from "./conversation.js";
import { canChooseSpeaker, listDevices, openMicrophone, playOn } from "./devices.js";
import { Levels } from "./levels.js";
import { Peer } from "./peer.js";
import { hangUp, openCall, settings, Trouble } from "./server.js";
import { Strip } from "./strip.js";
import { clock, duration, TranscriptView } from "./transcript.js";
import { Turns } from "./turns.js";

const CONFIGURED_MS = 4_000;
const MEASURE_MS = 2_000;
const EVENTS_SHOWN = 200;
const STATES = {
  idle: "Not connected",
  asking: "Waiting for the microphone",
  calling: "Calling",
  live: "Connected",
  failed: "Not connected",
};

const at = (id) => document.getElementById(id);
const strip = new Strip(at("strip"));
const view = new TranscriptView(at("entries"), at("conversation"));
let call = null;

/** Everything that lives as long as one call. */
class Call {
  conversation = new Conversation();
  levels = new Levels();
  microphone = null;
  peer = null;
  id = null;
  beganMs = performance.now();
  answers = [];
  events = 0;
  muted = false;
  over = false;
  active = null; // the response being generated
  sounding = false;
  wanted = false; // a response is to be asked for as soon as none is active
  awaited = null; // of which entry the latency is to be shown
  configured = Promise.withResolvers?.() ?? resolvers();
  timers = [];
  turns = new Turns({
    answered: (startS, endS) => answered(this, startS, endS),
    silenced: (s) => (at("silenced").textContent = duration(s * 1000)),
  });

  nowMs() {
    return performance.now() - this.beganMs;
  }

  end() {
    this.over = true;
    this.timers.forEach(clearInterval);
    this.peer?.close();
    this.levels.close();
    this.microphone?.getTracks().forEach((track) => track.stop());
    if (this.id) hangUp(this.id);
  }
}

// --- a call from its beginning to its end ---------------------------------------------------------------------------

async function begin({ typing = false } = {}) {
  if (call) return;
  const mine = (call = new Call());
  hideTrouble();
  clearPage();
  phase(typing ? "calling" : "asking");
  try {
    if (!typing) mine.microphone = await openMicrophone(at("microphone").value);
    if (mine.over) return mine.end();
    phase("calling");
    await connect(mine);
    if (!mine.over) await begun(mine);
  } catch (error) {
    finish(mine, error);
  }
}

async function connect(mine) {
  watchMicrophone(mine);
  mine.levels.you(mine.microphone);
  mine.levels.start((...block) => heard(mine, ...block)).catch(() => notMeasured(mine));
  mine.peer = new Peer({
    event: (message) => received(mine, message),
    sent: (message) => logEvent(mine, "→", message.type),
    sound: (stream) => play(mine, stream),
    shaky: (isShaky) => mine === call && say("state", isShaky ? "Connection is shaky" : STATES[document.body.dataset.phase]),
    lost: (trouble) => finish(mine, trouble),
  });
  await mine.peer.connect(mine.microphone, async (sdp) => {
    const opened = await openCall({ sdp, model: at("model").value, voice: at("voice").value });
    mine.id = opened.call_id;
    if (mine.over) hangUp(mine.id);
    return opened.sdp;
  });
}

/** The call is open: count its time, list the devices by name, and let the assistant speak first. */
async function begun(mine) {
  mine.beganMs = performance.now();
  phase("live");
  (at("mute").hidden ? at("text") : at("mute")).focus();
  strip.run();
  mine.timers.push(setInterval(() => (at("clock").textContent = clock(mine.nowMs())), 250));
  mine.timers.push(setInterval(() => measure(mine), MEASURE_MS));
  listDevices(at("microphone"), at("speaker"));
  await Promise.race([mine.configured.promise, new Promise((resolve) => setTimeout(resolve, CONFIGURED_MS))]);
  if (!mine.over && !mine.active) respond(mine);
}

function finish(mine, error) {
  if (mine !== call) return mine.end();
  call = null;
  mine.end();
  strip.stop();
  meters(-100, -100);
  const focused = document.activeElement;
  const inCall = focused === at("hang-up") || focused === at("mute") || focused === at("text") || focused === document.body;
  phase(error ? "failed" : "idle");
  if (inCall) at("call").focus();
  if (error) showTrouble(error instanceof Trouble ? error : unexpected(error));
}

function unexpected(error) {
  console.error(error);
  return new Trouble("The call could not be made.", String(error?.message || error));
}

// --- what the server says -------------------------------------------------------------------------------------------

function received(mine, event) {
  logEvent(mine, "←", event.type);
  const act = REACTIONS[event.type];
  if (act) act(mine, event);
  for (const entry of mine.conversation.fold(event, mine.nowMs())) {
    view.show(entry);
    tell(entry);
  }
  if (mine.conversation.entries.length) at("welcome").hidden = true;
}

const REACTIONS = {
  "session.updated"(mine) {
    mine.configured.resolve();
  },
  "input_audio_buffer.speech_stopped"(mine) {
    mine.turns.turnOver();
  },
  "response.created"(mine, { response }) {
    if (response.conversation_id !== null) mine.active = response.id;
  },
  "response.output_item.added"(mine, { item }) {
    if (item.type === "message") mine.awaited = item.id;
  },
  "response.done"(mine, { response }) {
    if (mine.active === response.id) mine.active = null;
    if (mine.wanted && !mine.active) respond(mine);
  },
  "output_audio_buffer.started"(mine) {
    mine.sounding = true;
  },
  "output_audio_buffer.stopped"(mine) {
    mine.sounding = false;
  },
  "output_audio_buffer.cleared"(mine) {
    mine.sounding = false;
    mine.turns.cleared();
  },
};

/** To those who do not see the page: what is complete, once. */
function tell(entry) {
  if (!entry.final || entry.told) return;
  if (entry.kind === "tool") say("spoken", `Tool ${entry.name} answered.`);
  else say("spoken", `${entry.kind === "user" ? "You" : entry.kind === "agent" ? "Assistant" : "Problem"}: ${entry.text}`);
  entry.told = true;
}

// --- what the user does ---------------------------------------------------------------------------------------------

function respond(mine) {
  mine.wanted = !mine.peer.send({ type: "response.create" });
}

/** Typed words interrupt, as spoken ones do. */
function write(mine, text) {
  mine.peer.send({
    type: "conversation.item.create",
    item: { type: "message", role: "user", content: [{ type: "input_text", text }] },
  });
  if (mine.active) mine.peer.send({ type: "response.cancel" });
  if (mine.active || mine.sounding) mine.peer.send({ type: "output_audio_buffer.clear" });
  if (mine.active) mine.wanted = true;
  else respond(mine);
}

function mute(mine, muted) {
  mine.muted = muted;
  mine.microphone?.getAudioTracks().forEach((track) => (track.enabled = !muted));
  at("mute").setAttribute("aria-pressed", String(muted));
  at("mute").textContent = muted ? "Muted" : "Mute";
}

async function changeMicrophone(mine) {
  try {
    const microphone = await openMicrophone(at("microphone").value);
    if (mine.over) return microphone.getTracks().forEach((track) => track.stop());
    const before = mine.microphone;
    mine.microphone = microphone;
    mute(mine, mine.muted);
    watchMicrophone(mine);
    await mine.peer?.speakInto(microphone);
    mine.levels.you(microphone);
    before?.getTracks().forEach((track) => track.stop());
    at("mute").hidden = false;
  } catch (error) {
    showTrouble(error instanceof Trouble ? error : unexpected(error));
  }
}

function watchMicrophone(mine) {
  const track = mine.microphone?.getAudioTracks()[0];
  if (!track) return;
  track.onended = () => {
    if (!mine.over) showTrouble(new Trouble("The microphone is gone.", "It was unplugged or taken back. Choose another under Settings."));
  };
}

// --- sound ----------------------------------------------------------------------------------------------------------

function play(mine, stream) {
  const sound = at("sound");
  sound.srcObject = stream;
  mine.levels.agent(stream);
  if (at("speaker").value) playOn(sound, at("speaker").value).catch(showTrouble);
  sound.play().catch((error) => {
    if (error.name === "NotAllowedError") showTrouble(new Trouble("The browser keeps the sound off.", "Press any key or tap the page, then it plays."));
  });
}

function heard(mine, endS, lengthS, youDb, agentDb) {
  if (mine !== call) return;
  const spoken = mine.muted ? -100 : youDb;
  mine.turns.feed(endS, lengthS, spoken, agentDb);
  strip.feed(endS, lengthS, spoken, agentDb);
  meters(spoken, agentDb);
}

function answered(mine, startS, endS) {
  const ms = (endS - startS) * 1000;
  mine.answers.push(ms);
  strip.mark(startS, endS, duration(ms));
  say("latency", duration(ms));
  const sorted = mine.answers.toSorted((a, b) => a - b);
  at("latency-median").textContent = duration(sorted[Math.floor((sorted.length - 1) / 2)]);
  at("latency-count").textContent = String(sorted.length);
  const entry = mine.conversation.entry(mine.awaited);
  if (entry) {
    entry.answeredAfterMs = ms;
    view.show(entry);
  }
}

function notMeasured(mine) {
  if (mine === call) say("latency", "not measured here");
}

const shown = { you: [at("level-you"), 0], agent: [at("level-agent"), 0] };

function meters(youDb, agentDb) {
  for (const [name, level] of [["you", youDb], ["agent", agentDb]]) {
    const [meter, before] = shown[name];
    const size = Math.max(0, Math.min(1, (level + 60) / 60));
    const next = size > before ? size : Math.max(size, before - 0.03);
    shown[name][1] = level <= -100 && !call ? 0 : next;
    meter.firstElementChild.style.transform = `scaleX(${shown[name][1].toFixed(3)})`;
    const told = String(Math.round(Math.max(-60, Math.min(0, level)) / 6) * 6);
    if (meter.getAttribute("aria-valuenow") !== told) meter.setAttribute("aria-valuenow", told);
  }
}

async function measure(mine) {
  const { roundTripMs, lost, jitterMs } = await mine.peer.measures();
  if (mine !== call) return;
  at("round-trip").textContent = roundTripMs === null ? "–" : `${roundTripMs.toFixed(roundTripMs < 10 ? 1 : 0)} ms`;
  at("loss").textContent = lost === null ? "–" : `${(lost * 100).toFixed(1)} %`;
  at("jitter").textContent = jitterMs === null ? "–" : `${jitterMs.toFixed(0)} ms`;
}

// --- the page -------------------------------------------------------------------------------------------------------

function phase(name) {
  document.body.dataset.phase = name;
  const live = name === "live";
  const busy = name === "asking" || name === "calling";
  say("state", STATES[name]);
  at("clock").hidden = !live;
  at("call").hidden = live || busy;
  at("call").textContent = name === "failed" || at("entries").childElementCount ? "Call again" : "Call";
  at("hang-up").hidden = !(live || busy);
  at("hang-up").textContent = busy ? "Cancel" : "Hang up";
  if (busy) at("hang-up").focus();
  at("mute").hidden = !live || !call?.microphone;
  at("text").disabled = at("send").disabled = !live;
  at("text").placeholder = live ? "Or type a message" : "Call first, then type here";
  at("assistant-hint").hidden = !live;
}

function clearPage() {
  view.clear();
  at("welcome").hidden = false;
  at("event-list").replaceChildren();
  at("event-count").textContent = "0";
  at("clock").textContent = clock(0);
  for (const id of ["latency", "latency-median", "round-trip", "loss", "jitter", "silenced"]) at(id).textContent = "–";
  at("latency-count").textContent = "0";
  at("mute").setAttribute("aria-pressed", "false");
  at("mute").textContent = "Mute";
}

function logEvent(mine, arrow, type) {
  mine.events += 1;
  at("event-count").textContent = String(mine.events);
  const row = document.createElement("li");
  for (const text of [(mine.nowMs() / 1000).toFixed(2), arrow]) {
    const part = document.createElement("span");
    part.textContent = text;
    row.append(part);
  }
  row.append(type);
  at("event-list").prepend(row);
  if (at("event-list").childElementCount > EVENTS_SHOWN) at("event-list").lastElementChild.remove();
}

function showTrouble({ title, text, typing }) {
  at("trouble").hidden = false;
  at("trouble-title").textContent = title;
  at("trouble-text").textContent = text;
  at("type-instead").hidden = !typing || Boolean(call);
}

function hideTrouble() {
  at("trouble").hidden = true;
}

function say(id, text) {
  if (at(id).textContent !== text) at(id).textContent = text;
}

function fill(select, names, chosen) {
  select.replaceChildren(...names.map((name) => new Option(name, name)));
  select.value = chosen;
}

function resolvers() {
  const made = {};
  made.promise = new Promise((resolve) => (made.resolve = resolve));
  return made;
}

async function prepare() {
  at("call").addEventListener("click", () => begin());
  at("type-instead").addEventListener("click", () => begin({ typing: true }));
  at("hang-up").addEventListener("click", () => call && finish(call));
  at("mute").addEventListener("click", () => call && mute(call, !call.muted));
  at("trouble-close").addEventListener("click", () => {
    hideTrouble();
    (call ? at("text") : at("call")).focus();
  });
  at("writing").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = at("text").value.trim();
    if (!call || !text) return;
    write(call, text);
    at("text").value = "";
  });
  at("panel-button").addEventListener("click", () => {
    const open = at("panel").classList.toggle("open");
    at("panel-button").setAttribute("aria-expanded", String(open));
    at("panel-button").textContent = open ? "Conversation" : "Settings";
  });
  at("microphone").addEventListener("change", () => call && changeMicrophone(call));
  at("speaker").addEventListener("change", () => playOn(at("sound"), at("speaker").value).catch(showTrouble));
  navigator.mediaDevices?.addEventListener("devicechange", () => listDevices(at("microphone"), at("speaker")));
  addEventListener("pagehide", () => call?.end());
  for (const kind of ["pointerdown", "keydown"]) {
    addEventListener(kind, () => at("sound").paused && at("sound").srcObject && at("sound").play().catch(() => {}));
  }
  at("speaker").disabled = !canChooseSpeaker();
  at("speaker-hint").hidden = canChooseSpeaker();
  phase("idle");
  at("call").focus();
  await listDevices(at("microphone"), at("speaker"));
}

async function introduce() {
  const known = await settings();
  const name = document.createElement("strong");
  name.textContent = known.server;
  at("peer").replaceChildren("To ", name, known.note ? ` – ${known.note}` : "");
  fill(at("model"), known.models, known.model);
  fill(at("voice"), known.voices, known.voice);
  at("suggestions").hidden = known.suggestions.length === 0;
  at("suggestion-list").replaceChildren(
    ...known.suggestions.map((words) => Object.assign(document.createElement("li"), { textContent: words })),
  );
}

await prepare();
introduce().catch((error) => showTrouble(error instanceof Trouble ? error : unexpected(error)));
