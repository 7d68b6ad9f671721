// How does the conversation look on the page?

const NAMES = { user: "You", agent: "Assistant", tool: "Tool", notice: "Problem" };
const ENTRIES_MAX = 400;
const SHORT_CHARS = 12;

/** Draws entries into a list as they change, and keeps the newest in sight unless the reader has scrolled away. */
export class TranscriptView {
  #list;
  #scroller;
  #rows = new Map();

  constructor(list, scroller) {
    this.#list = list;
    this.#scroller = scroller;
  }

  clear() {
    this.#list.replaceChildren();
    this.#rows.clear();
  }

  show(entry) {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const following = scrollHeight - scrollTop - clientHeight < 120;
    if (entry.gone) {
      this.#rows.get(entry.id)?.remove();
      this.#rows.delete(entry.id);
      return;
    }
    const row = this.#rows.get(entry.id) || this.#begin(entry);
    row.className = `entry ${entry.kind === "user" ? "you" : entry.kind}`;
    row.classList.toggle("cut", entry.heardMs !== undefined);
    row.lastElementChild.replaceChildren(...(entry.kind === "tool" ? [toolCard(entry)] : words(entry)));
    if (following) this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  #begin(entry) {
    const time = element("time", clock(entry.atMs));
    const row = element("li", element("div", NAMES[entry.kind], time), element("div"));
    row.firstElementChild.className = "who";
    this.#rows.set(entry.id, row);
    this.#list.append(row);
    if (this.#rows.size > ENTRIES_MAX) {
      const [oldest] = this.#rows;
      oldest[1].remove();
      this.#rows.delete(oldest[0]);
    }
    return row;
  }
}

/** Minutes and seconds of a call. */
export function clock(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Milliseconds as people read them. */
export function duration(ms) {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

function words(entry) {
  const shown = element("span", entry.text || (entry.listening ? "(speaking)" : entry.kind === "user" ? "(spoken)" : "…"));
  shown.className = entry.final ? "words" : "words open";
  const made = [shown];
  if (entry.heardMs !== undefined) made.push(aside(`— interrupted, ${duration(entry.heardMs)} of it heard`));
  if (entry.answeredAfterMs !== undefined) made.push(aside(`answered after ${duration(entry.answeredAfterMs)}`, "after"));
  return made;
}

function toolCard(entry) {
  const state = entry.output === undefined ? "running" : took(entry);
  const head = element("div", element("code", entry.name), element("span", state));
  head.className = "tool-name";
  const card = element("div", head, fields(parsed(entry.arguments)), entry.output === undefined ? "" : result(entry.output));
  card.className = "tool-card";
  return card;
}

function took({ askedMs, answeredMs }) {
  return askedMs === undefined ? "done" : `done in ${duration(answeredMs - askedMs)}`;
}

function result(text) {
  const value = parsed(text);
  const shown = isTable(value) ? table(value) : isPlain(value) ? fields(value) : element("pre", text);
  const box = element("div", shown);
  box.className = "result";
  return box;
}

function fields(value) {
  if (!isPlain(value)) return "";
  const rows = Object.entries(value).flatMap(([name, content]) => [element("dt", name), element("dd", plain(content))]);
  const list = element("dl", ...rows);
  list.className = "fields";
  return rows.length ? list : "";
}

function table(rows) {
  const names = Object.keys(rows[0]);
  const head = element("tr", ...names.map((name) => element("th", name)));
  const body = rows.map((row) => element("tr", ...names.map((name) => cell(plain(row[name])))));
  return element("table", element("thead", head), element("tbody", ...body));
}

function cell(text) {
  const made = element("td", text);
  made.classList.toggle("short", text.length <= SHORT_CHARS);
  return made;
}

function isTable(value) {
  return Array.isArray(value) && value.length > 0 && value.every((row) => isPlain(row) && Object.keys(row).length > 0);
}

function isPlain(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function plain(value) {
  if (value === null || value === undefined) return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function aside(text, name = "aside") {
  const made = element("span", text);
  made.className = name;
  return made;
}

function element(name, ...children) {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}
