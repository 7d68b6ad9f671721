// A page that uses the Agents SDK as its documentation shows it.

import { Mouth, record } from "./ear.js";

const { OpenAIRealtimeWebRTC, RealtimeAgent, RealtimeSession, tool } = window.OpenAIAgentsRealtime;
const happened = []; // what the transport received and what the session made of it, with the page's clock
const ran = [];
const errors = [];
let mouth;
let session;
let recorded;

/** Connect an agent with one tool; resolves as the SDK's own `connect` does. */
async function connect({ url, key, instructions, name, description, result }) {
  const began = performance.now();
  const note = (type, more = {}) => happened.push({ type, ...more, pageMs: performance.now() - began });
  mouth = new Mouth();
  const audioElement = document.getElementById("sound");
  const transport = new OpenAIRealtimeWebRTC({ mediaStream: mouth.stream, audioElement });
  transport.on("*", (event) => note(event.type, { event }));
  const parameters = { type: "object", properties: {}, required: [], additionalProperties: false };
  const execute = (input) => {
    ran.push({ name, input });
    return result;
  };
  const agent = new RealtimeAgent({ name: "Tester", instructions, tools: [tool({ name, description, parameters, strict: true, execute })] });
  session = new RealtimeSession(agent, { transport, model: "gpt-realtime-2.1" });
  session.on("error", (error) => errors.push(String(error?.error?.message || error?.error || error)));
  await session.connect({ apiKey: key, url: `${url}/realtime/calls` });
  note("sdk.connected");
  recorded = record(audioElement.srcObject);
  return { callId: transport.callId, status: transport.status };
}

window.agents = {
  connect,
  happened,
  ran,
  errors,
  say: (url) => mouth.say(url),
  send: (text) => session.sendMessage(text),
  interrupt: () => session.interrupt(),
  history: () => session.history,
  recording: () => recorded(),
  close: () => session.close(),
};
