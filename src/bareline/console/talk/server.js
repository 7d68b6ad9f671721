// What does the page's own server know, and what does it do for a call?

/** Something went wrong that a person should read: a title, what to do, and whether typing would still work. */
export class Trouble extends Error {
  constructor(title, text, { typing = false } = {}) {
    super(`${title} ${text}`);
    this.title = title;
    this.text = text;
    this.typing = typing;
  }
}

/** Names of models and voices, what to say, and whom the page talks to. */
export async function settings() {
  return (await request("settings")).json();
}

/** Hand over the offer; the answer and the call's id come back. The key stays where it is. */
export async function openCall(offer) {
  const response = await request("calls", offer);
  return response.json();
}

/** End the call on the server too, even while the page is being left. */
export function hangUp(callId) {
  fetch(`calls/${encodeURIComponent(callId)}/hangup`, { method: "POST", keepalive: true }).catch(() => {});
}

async function request(path, body) {
  const options = body && {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  let response;
  try {
    response = await fetch(path, options || undefined);
  } catch {
    throw new Trouble("This page’s server does not answer.", "Start bareline talk --browser again, then reload the page.");
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => ({}));
  throw new Trouble(told.title || `The server refused (${response.status}).`, told.text || "Look at its terminal.");
}
