// What happens when somebody presses a button?

import { Call } from "./call.js";
import { canChooseSpeaker, listDevices, playOn } from "./devices.js";
import { at, clearMeasures, hideTrouble, phase, showTrouble } from "./page.js";
import { settings } from "./server.js";

let call = null;

async function begin({ typing = false } = {}) {
  if (call) return;
  const mine = (call = new Call((trouble) => finish(mine, trouble)));
  hideTrouble();
  clearMeasures();
  phase(typing ? "calling" : "asking");
  at("hang-up").focus();
  try {
    if (!typing) await mine.listen();
    if (mine.over) return;
    phase("calling");
    await mine.connect();
    if (mine.over) return;
    phase("live", { canMute: !typing });
    (typing ? at("text") : at("mute")).focus();
    refreshDevices(); // their names are told now
  } catch (error) {
    finish(mine, error);
  }
}

/** The call is over; `trouble` says why, if nobody ended it. */
function finish(mine, trouble) {
  const late = mine.over; // ended by the user: what came after that is of no interest
  mine.end();
  if (late || mine !== call) return;
  call = null;
  const focused = document.activeElement;
  phase(trouble ? "failed" : "idle");
  if (focused === document.body || focused.disabled || focused.hidden) at("call").focus();
  if (trouble) showTrouble(trouble);
}

async function changeMicrophone() {
  try {
    await call?.listen();
    if (call) at("mute").hidden = false;
  } catch (error) {
    showTrouble(error, { inCall: true });
  }
}

function changeSpeaker() {
  playOn(at("sound"), at("speaker").value).catch((error) => showTrouble(error, { inCall: Boolean(call) }));
}

function refreshDevices() {
  return listDevices(at("microphone"), at("speaker"));
}

function write(event) {
  event.preventDefault();
  const text = at("text").value.trim();
  if (!call || !text) return;
  call.write(text);
  at("text").value = "";
}

function show(file) {
  if (call && file) call.show(file).catch((error) => showTrouble(error, { inCall: true }));
}

function showChosen() {
  show(at("picture-file").files[0]);
  at("picture-file").value = ""; // the same one may be shown again
}

/** A picture that is pasted is shown; text goes where it always goes. */
function paste(event) {
  show([...(event.clipboardData?.files || [])].find((file) => file.type.startsWith("image/")));
}

function togglePanel() {
  const open = at("panel").classList.toggle("open");
  at("panel-button").setAttribute("aria-expanded", String(open));
  at("panel-button").textContent = open ? "Close" : "Settings";
}

/** Browsers that keep the sound off wait for a key or a touch. */
function playAtLast() {
  const sound = at("sound");
  if (sound.paused && sound.srcObject) sound.play().catch(() => {});
}

function dismiss() {
  hideTrouble();
  (call ? at("text") : at("call")).focus();
}

async function prepare() {
  at("call").addEventListener("click", () => begin());
  at("type-instead").addEventListener("click", () => begin({ typing: true }));
  at("hang-up").addEventListener("click", () => call && finish(call));
  at("mute").addEventListener("click", () => call?.mute(!call.muted));
  at("trouble-close").addEventListener("click", dismiss);
  at("writing").addEventListener("submit", write);
  at("picture").addEventListener("click", () => at("picture-file").click());
  at("picture-file").addEventListener("change", showChosen);
  addEventListener("paste", paste);
  at("panel-button").addEventListener("click", togglePanel);
  at("microphone").addEventListener("change", changeMicrophone);
  at("speaker").addEventListener("change", changeSpeaker);
  navigator.mediaDevices?.addEventListener("devicechange", refreshDevices);
  addEventListener("pagehide", () => call?.end());
  addEventListener("pointerdown", playAtLast);
  addEventListener("keydown", playAtLast);
  at("speaker").disabled = !canChooseSpeaker();
  at("speaker-hint").hidden = canChooseSpeaker();
  phase("idle");
  if (matchMedia("(pointer: fine)").matches) at("call").focus(); // a touch needs no focus to begin with
  await refreshDevices();
}

/** Whom the page talks to, and what may be chosen. */
async function introduce() {
  const known = await settings();
  at("peer").replaceChildren("To ", made("strong", known.server), known.note ? ` – ${known.note}` : "");
  fill(at("model"), known.models, known.model);
  fill(at("voice"), known.voices, known.voice);
  at("suggestions").hidden = known.suggestions.length === 0;
  at("suggestion-list").replaceChildren(...known.suggestions.map((words) => made("li", words)));
}

function fill(select, names, chosen) {
  select.replaceChildren(...names.map((name) => new Option(name, name)));
  select.value = chosen;
}

function made(name, text) {
  return Object.assign(document.createElement(name), { textContent: text });
}

await prepare();
introduce().catch(showTrouble);
