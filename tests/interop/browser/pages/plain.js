// An ordinary page that calls a realtime model, as its author would write it from the documentation of the service.

import { record } from "./ear.js";

const happened = []; // every event, with the page's clock
let began = 0;
let channel;
let connection;
let recorded;

/** Call, with the real microphone unless another stream is given. */
async function call({ url, key, session, results = {}, stream }) {
  began = performance.now();
  const microphone = stream || (await navigator.mediaDevices.getUserMedia({ audio: true }));
  connection = new RTCPeerConnection();
  const heard = { streams: null };
  connection.ontrack = ({ streams }) => {
    heard.streams = streams.length;
    document.getElementById("sound").srcObject = streams[0];
    recorded = record(streams[0]);
  };
  connection.addTrack(microphone.getTracks()[0]);
  channel = connection.createDataChannel("oai-events");
  channel.onmessage = ({ data }) => take(JSON.parse(data), results);
  const open = new Promise((resolve) => (channel.onopen = resolve));
  const offer = await connection.createOffer();
  await connection.setLocalDescription(offer);
  const response = await fetch(`${url}/realtime/calls?model=gpt-realtime-2.1`, {
    method: "POST",
    body: offer.sdp,
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/sdp" },
  });
  const answer = await response.text();
  await connection.setRemoteDescription({ type: "answer", sdp: answer });
  await open;
  if (session) send({ type: "session.update", session: { type: "realtime", ...session } });
  return { status: response.status, location: response.headers.get("Location"), streams: heard.streams };
}

function take(event, results) {
  happened.push({ ...event, pageMs: performance.now() - began });
  if (event.type !== "response.done") return;
  const calls = event.response.output.filter(({ type }) => type === "function_call");
  for (const { call_id, name } of calls) {
    const item = { type: "function_call_output", call_id, output: JSON.stringify(results[name]) };
    send({ type: "conversation.item.create", item });
  }
  if (calls.length) send({ type: "response.create" });
}

function send(event) {
  channel.send(JSON.stringify(event));
}

window.plain = {
  call,
  send,
  happened,
  recording: () => recorded(),
  hangUp: () => connection.close(),
  state: () => [connection.connectionState, channel.readyState],
};
