// What does the page show at this moment? Everything that is written into it, the conversation and the line apart.

import { clock, duration } from "./transcript.js";
import { Trouble } from "./server.js";

const EVENTS_SHOWN = 200;
const MEASURES = ["latency", "latency-median", "round-trip", "loss", "jitter", "silenced"];
const STATES = {
  idle: "Not connected",
  asking: "Waiting for the microphone",
  calling: "Calling",
  live: "Connected",
  failed: "Not connected",
};

/** The element of this id. */
export const at = (id) => document.getElementById(id);

/** Write, unless it stands there already: nothing is read aloud twice. */
export function say(id, text) {
  if (at(id).textContent !== text) at(id).textContent = text;
}

/** Show where the call stands, and what can be done then. */
export function phase(name, { canMute = false } = {}) {
  const live = name === "live";
  const busy = name === "asking" || name === "calling";
  document.body.dataset.phase = name;
  say("state", STATES[name]);
  at("clock").hidden = !live;
  at("call").hidden = live || busy;
  at("call").textContent = name === "failed" || at("entries").childElementCount ? "Call again" : "Call";
  at("hang-up").hidden = !live && !busy;
  at("hang-up").textContent = busy ? "Cancel" : "Hang up";
  at("mute").hidden = !live || !canMute;
  at("text").disabled = at("send").disabled = at("picture").disabled = !live;
  at("text").placeholder = live ? "Or type a message" : "Call first, then type here";
  at("assistant-hint").hidden = !live;
}

/** Tell of a connection that comes and goes. */
export function shaky(isShaky) {
  say("state", isShaky ? "Connection is shaky" : STATES[document.body.dataset.phase]);
}

/** As before the first call. */
export function clearMeasures() {
  at("welcome").hidden = false;
  at("event-list").replaceChildren();
  at("event-count").textContent = "0";
  at("clock").textContent = clock(0);
  for (const id of MEASURES) at(id).textContent = "–";
  at("latency-count").textContent = "0";
  showMuted(false);
}

/** The answer's delays, the newest last. */
export function showAnswers(answers) {
  const sorted = [...answers].sort((a, b) => a - b);
  say("latency", duration(answers.at(-1)));
  say("latency-median", duration(sorted[Math.floor((sorted.length - 1) / 2)]));
  say("latency-count", String(sorted.length));
}

/** What the connection's own statistics say; null: not known. */
export function showMeasures({ roundTripMs, lost, jitterMs }) {
  say("round-trip", roundTripMs === null ? "–" : `${roundTripMs.toFixed(roundTripMs < 10 ? 1 : 0)} ms`);
  say("loss", lost === null ? "–" : `${(lost * 100).toFixed(1)} %`);
  say("jitter", jitterMs === null ? "–" : `${jitterMs.toFixed(0)} ms`);
}

export function showMuted(muted) {
  at("mute").setAttribute("aria-pressed", String(muted));
  say("mute", muted ? "Muted" : "Mute");
}

/** One event of the protocol, sent or received. */
export function showEvent(number, atMs, arrow, type) {
  at("event-count").textContent = String(number);
  const parts = [(atMs / 1000).toFixed(2), arrow].map((text) => Object.assign(document.createElement("span"), { textContent: text }));
  const row = document.createElement("li");
  row.append(...parts, type);
  at("event-list").prepend(row);
  if (at("event-list").childElementCount > EVENTS_SHOWN) at("event-list").lastElementChild.remove();
}

/** Say what is wrong, and what can be done. */
export function showTrouble(error, { inCall = false } = {}) {
  const { title, text, typing } = error instanceof Trouble ? error : unexpected(error);
  at("trouble").hidden = false;
  at("trouble-title").textContent = title;
  at("trouble-text").textContent = text;
  at("type-instead").hidden = !typing || inCall;
}

export function hideTrouble() {
  at("trouble").hidden = true;
}

/** Two meters that rise at once and fall slowly. */
export class Meters {
  #meters = ["level-you", "level-agent"].map((id) => ({ meter: at(id), size: 0 }));

  show(...levels) {
    this.#meters.forEach((entry, index) => {
      const size = Math.max(0, Math.min(1, (levels[index] + 60) / 60));
      entry.size = Math.max(size, entry.size - 0.03);
      this.#draw(entry, levels[index]);
    });
  }

  rest() {
    for (const entry of this.#meters) this.#draw(Object.assign(entry, { size: 0 }), -60);
  }

  #draw({ meter, size }, level) {
    meter.firstElementChild.style.transform = `scaleX(${size.toFixed(3)})`;
    const told = String(Math.round(Math.max(-60, Math.min(0, level)) / 6) * 6); // not a new value a hundred times a second
    if (meter.getAttribute("aria-valuenow") !== told) meter.setAttribute("aria-valuenow", told);
  }
}

function unexpected(error) {
  console.error(error);
  return new Trouble("That did not work.", String(error?.message || error));
}
