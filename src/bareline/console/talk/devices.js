// Which microphone and which loudspeaker, and what is wrong when there is none?

import { Trouble } from "./server.js";

const SPEECH = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** Opens the microphone of this id (empty: the usual one). Raises `Trouble`. */
export async function openMicrophone(deviceId) {
  if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) {
    throw new Trouble(
      "This address may not use the microphone.",
      "Browsers allow it on https:// and on this computer’s own address only. Open the page as http://127.0.0.1 or http://localhost.",
      { typing: Boolean(window.RTCPeerConnection) },
    );
  }
  const wanted = deviceId ? { deviceId: { exact: deviceId }, ...SPEECH } : SPEECH;
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: wanted });
  } catch (error) {
    throw inWords(error);
  }
}

/** Fills both selects with what there is, keeping what is chosen; labels are known once the microphone was allowed. */
export async function listDevices(microphone, speaker) {
  const devices = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) || [];
  fill(microphone, devices.filter(({ kind }) => kind === "audioinput"));
  fill(speaker, devices.filter(({ kind }) => kind === "audiooutput"));
}

/** Whether the page may choose where it plays. */
export function canChooseSpeaker() {
  return "setSinkId" in HTMLMediaElement.prototype;
}

/** Plays on that loudspeaker. Raises `Trouble`. */
export async function playOn(sound, deviceId) {
  try {
    await sound.setSinkId(deviceId);
  } catch {
    throw new Trouble("That loudspeaker cannot be used.", "Choose another one, or the usual one.");
  }
}

function fill(select, devices) {
  const named = devices.filter(({ deviceId, label }) => deviceId && deviceId !== "default" && label);
  const chosen = select.value;
  select.replaceChildren(new Option("The usual one", ""), ...named.map(({ deviceId, label }) => new Option(label, deviceId)));
  select.value = named.some(({ deviceId }) => deviceId === chosen) ? chosen : "";
}

function inWords(error) {
  const typing = { typing: true };
  switch (error.name) {
    case "NotAllowedError":
    case "SecurityError":
      return new Trouble(
        "The microphone was refused.",
        "Allow it for this page in the address bar, then press Call again. Or type.",
        typing,
      );
    case "NotFoundError":
    case "OverconstrainedError":
      return new Trouble("No microphone was found.", "Plug one in or choose another, then press Call again. Or type.", typing);
    case "NotReadableError":
    case "AbortError":
      return new Trouble("The microphone cannot be opened.", "Another program may hold it. Close that, then press Call again. Or type.", typing);
    default:
      return new Trouble("The microphone cannot be used.", `${error.message || error.name}. You can still type.`, typing);
  }
}
