// The story: a bounded list of entries and their elements. Entries are plain objects, so that they can be saved.

import { keepBelow } from "./logscroll.js";
import { draw, drawState } from "./logentry.js";

/** @import { Act } from "./state.js" */
/** @typedef {"aside" | "danger" | "emote" | "event" | "gap" | "notice" | "say" | "whisper"} ToldKind */
/** @typedef {{ kind: ToldKind, text: string, at?: string, who?: string }} ToldEntry a line of the story; an "aside" is only heard */
/** @typedef {{ kind: "place", title: string, district: string, text: string, danger: number }} PlaceEntry */
/** @typedef {{ state: "done" | "failed", verb?: string, reply: string, hint?: string, topics?: string[] }} Answer */
/**
 * @typedef {Partial<Omit<Answer, "state">> & { kind: "command", text: string, command: number, state: Answer["state"] | "pending" | "unknown" }} CommandEntry
 */
/** @typedef {ToldEntry | PlaceEntry | CommandEntry} Entry */
/** @typedef {(text: string, kind: Entry["kind"] | "reply") => void} News */

const LIMIT = 1000;

export class Log {
  /** @type {Map<Entry, HTMLElement>} */
  #nodes = new Map();
  #scroll;
  /** Whether the newest entries belong together: a player's command with what it brought, or the first things that are seen. */
  #moment = false;
  /** The last command. Until its answer is there, what happens belongs to its moment. @type {CommandEntry | null} */
  #asked = null;

  /**
   * `act` sends what a click inside the log means; `onNews(text, kind)` is called for each new entry.
   * @param {HTMLElement} element
   * @param {HTMLElement} moreButton
   * @param {{ act: Act, onNews: News }} others
   */
  constructor(element, moreButton, { act, onNews }) {
    this.element = element;
    /** @type {Entry[]} */
    this.entries = [];
    this.act = act;
    this.onNews = onNews;
    this.#scroll = keepBelow(element, moreButton);
  }

  /** @param {...Entry} entries */
  add(...entries) {
    for (const entry of entries) {
      const begins = entry.kind === "command" || this.entries.length === 0;
      const node = this.#append(entry);
      if (begins) this.#scroll.begin(node);
      this.#moment = begins || (this.#moment && (entry.kind === "place" || this.#asked?.state === "pending"));
      if (entry.kind === "command") this.#asked = entry;
      if (entry.kind !== "command") this.onNews(summary(entry), entry.kind);
    }
    this.#trim();
    this.#scroll.grown(entries.length, this.#moment);
  }

  /**
   * A command's line has its answer.
   * @param {number} command
   * @param {Answer} answer
   */
  settle(command, answer) {
    for (const entry of [...this.entries].reverse()) {
      if (entry.kind === "command" && entry.command === command) return this.#answer(entry, answer);
    }
  }

  /**
   * @param {CommandEntry} entry
   * @param {Answer} answer
   */
  #answer(entry, answer) {
    Object.assign(entry, answer);
    const node = this.#nodes.get(entry);
    if (node) drawState(node, entry, this.act);
    if (answer.reply) this.onNews(answer.reply, "reply");
    this.#scroll.grown(0, this.#moment);
  }

  /** Nothing of what is put back after a reload is read aloud again. @param {Entry[]} entries */
  restore(entries) {
    this.element.setAttribute("aria-live", "off");
    for (const entry of entries) this.#append(entry);
    this.#moment = false;
    this.#scroll.end();
    requestAnimationFrame(() => this.element.setAttribute("aria-live", "polite"));
    for (const node of this.#nodes.values()) node.classList.add("old");
  }

  clear() {
    this.entries = [];
    this.#nodes.clear();
    this.element.replaceChildren();
    this.#moment = false;
    this.#asked = null;
    this.#scroll.end();
  }

  /** @param {number} limit */
  save(limit) {
    return this.entries.slice(-limit).filter((entry) => entry.kind !== "aside");
  }

  /** Who whispered last, as far as the story goes back; empty when nobody has. */
  get whisperer() {
    for (const entry of [...this.entries].reverse()) if (entry.kind === "whisper" && entry.who) return entry.who;
    return "";
  }

  /** Says to who listens what others see elsewhere on the page: the story is all of it that is read aloud. @param {string} text */
  say(text) {
    this.#append({ kind: "aside", text });
    this.#trim();
  }

  /** @param {Entry} entry */
  #append(entry) {
    const node = draw(entry, this.act);
    this.entries.push(entry);
    this.#nodes.set(entry, node);
    this.element.append(node);
    return node;
  }

  #trim() {
    const over = this.entries.splice(0, this.entries.length - LIMIT);
    if (over.length === 0) return;
    this.#scroll.shortened(() => {
      for (const entry of over) {
        this.#nodes.get(entry)?.remove();
        this.#nodes.delete(entry);
      }
    });
  }
}

/** @type {(entry: Entry) => string} */
function summary(entry) {
  if (entry.kind === "place") return entry.title;
  return entry.kind !== "command" && entry.who ? `${entry.who}: ${entry.text}` : entry.text;
}
