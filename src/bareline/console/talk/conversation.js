// What was said and done so far? A fold over the server's events, without a page in it.

/**
 * Entries in the order in which they began. Kinds: user, agent, tool, notice. `fold(event, atMs)` gives the entries
 * that changed; an entry whose `gone` is set is to be taken away.
 */
export class Conversation {
  entries = [];
  #known = new Map();
  #called = new Map();

  fold(event, atMs) {
    const change = FOLDS[event.type];
    return change ? change.call(this, event, atMs).filter(Boolean) : [];
  }

  /** Something to tell that no event tells. */
  notice(text, atMs) {
    return this.#put(`notice_${this.entries.length}`, "notice", atMs, { text, final: true });
  }

  entry(id) {
    return this.#known.get(id);
  }

  put(id, kind, atMs, more) {
    return this.#put(id, kind, atMs, more);
  }

  callOf(callId) {
    return this.#known.get(this.#called.get(callId));
  }

  named(callId, id) {
    this.#called.set(callId, id);
  }

  #put(id, kind, atMs, more = {}) {
    let entry = this.#known.get(id);
    if (!entry) {
      entry = { id, kind, atMs, text: "", final: false };
      this.#known.set(id, entry);
      this.entries.push(entry);
    }
    return Object.assign(entry, more);
  }
}

const HARMLESS = new Set(["conversation_already_has_active_response", "response_cancel_not_active"]);

const FOLDS = {
  "input_audio_buffer.speech_started"({ item_id }, atMs) {
    return [this.put(item_id, "user", atMs, { listening: true })];
  },
  "input_audio_buffer.speech_stopped"({ item_id }, atMs) {
    return [this.put(item_id, "user", atMs, { listening: false })];
  },
  "input_audio_buffer.committed"({ item_id }, atMs) {
    return [this.put(item_id, "user", atMs, { listening: false })];
  },
  "conversation.item.added": added,
  "conversation.item.done": added,
  "conversation.item.input_audio_transcription.delta"({ item_id, delta }) {
    return [grow(this.entry(item_id), delta)];
  },
  "conversation.item.input_audio_transcription.completed"({ item_id, transcript }) {
    const entry = this.entry(item_id);
    return [entry && Object.assign(entry, { text: transcript.trim() || "(not understood)", final: true })];
  },
  "conversation.item.input_audio_transcription.failed"({ item_id }) {
    const entry = this.entry(item_id);
    return [entry && Object.assign(entry, { text: "(spoken, but not written down)", final: true })];
  },
  "conversation.item.truncated"({ item_id, audio_end_ms }) {
    const entry = this.entry(item_id);
    return [entry && Object.assign(entry, { heardMs: audio_end_ms, final: true })];
  },
  "conversation.item.deleted"({ item_id }) {
    const entry = this.entry(item_id);
    return [entry && Object.assign(entry, { gone: entry.kind === "agent" })];
  },
  "response.output_item.added"({ item }, atMs) {
    if (item.type === "message") return [this.put(item.id, "agent", atMs)];
    return item.type === "function_call" ? [called(this, item, atMs)] : [];
  },
  "response.output_audio_transcript.delta": said,
  "response.output_text.delta": said,
  "response.output_audio_transcript.done"({ item_id, transcript }) {
    return [whole(this.entry(item_id), transcript)];
  },
  "response.output_text.done"({ item_id, text }) {
    return [whole(this.entry(item_id), text)];
  },
  "response.function_call_arguments.done"({ item_id, arguments: text }, atMs) {
    const entry = this.entry(item_id);
    return [entry && Object.assign(entry, { arguments: text, askedMs: atMs })];
  },
  "response.output_item.done"({ item }) {
    const entry = this.entry(item.id);
    return [entry && item.type === "message" && Object.assign(entry, { final: true })];
  },
  "response.done"({ response }, atMs) {
    const error = response.status_details?.error;
    if (response.status !== "failed") return [];
    return [this.notice(`The answer failed: ${error?.message || error?.code || "no reason was given"}`, atMs)];
  },
  error({ error }, atMs) {
    return HARMLESS.has(error.code) ? [] : [this.notice(error.message, atMs)];
  },
};

function added({ item }, atMs) {
  if (item.type === "function_call") return [called(this, item, atMs)];
  if (item.type === "function_call_output") {
    const entry = this.callOf(item.call_id);
    return [entry && Object.assign(entry, { output: item.output, final: true, answeredMs: entry.answeredMs ?? atMs })];
  }
  if (item.type !== "message" || item.role === "system") return [];
  const shown = item.content.some((part) => part.type === "input_image") ? "(a picture)" : "";
  const written = item.content.find((part) => part.type === "input_text" || part.type === "output_text")?.text || shown;
  const kind = item.role === "user" ? "user" : "agent";
  return [this.put(item.id, kind, atMs, written && kind === "user" ? { text: written, final: true } : {})];
}

function called(conversation, item, atMs) {
  conversation.named(item.call_id, item.id);
  const known = conversation.entry(item.id)?.arguments;
  return conversation.put(item.id, "tool", atMs, { name: item.name, arguments: item.arguments || known || "" });
}

function said({ item_id, delta }) {
  return [grow(this.entry(item_id), delta)];
}

function grow(entry, delta) {
  return entry && !entry.final ? Object.assign(entry, { text: entry.text + delta }) : null;
}

function whole(entry, text) {
  return entry && Object.assign(entry, { text, final: true });
}
