// The story: a bounded list of entries and their elements. Entries are plain objects, so that they can be saved.
//
// Entry: {kind, text, at?, who?, title?, district?, danger?} and for kind "command" also {command, state, reply?, hint?,
// topics?}; state is pending, done, failed or unknown.

import { keepBelow } from "./logscroll.js";
import { draw, drawState } from "./logentry.js";

const LIMIT = 1000;

export class Log {
  #nodes = new Map();
  #scroll;

  /** `act(command, text)` sends what a click inside the log means; `onNews(text, kind)` hears of whatever is new. */
  constructor(element, moreButton, { act, onNews }) {
    this.element = element;
    this.entries = [];
    this.act = act;
    this.onNews = onNews;
    this.#scroll = keepBelow(element, moreButton);
  }

  add(...entries) {
    for (const entry of entries) {
      this.#append(entry);
      if (entry.kind !== "command") this.onNews(summary(entry), entry.kind);
    }
    this.#trim();
    // Whoever sends something wants to see what comes of it.
    this.#scroll.grown(entries.length, entries.some((entry) => entry.kind === "command"));
  }

  /** A command's line has its answer. */
  settle(command, answer) {
    const entry = [...this.entries].reverse().find((each) => each.command === command);
    if (!entry) return;
    Object.assign(entry, answer);
    drawState(this.#nodes.get(entry), entry, this.act);
    if (answer.reply) this.onNews(answer.reply, "reply");
    this.#scroll.grown(0);
  }

  /** Nothing of what is put back after a reload is read aloud again. */
  restore(entries) {
    this.element.setAttribute("aria-live", "off");
    for (const entry of entries) this.#append(entry);
    this.#scroll.grown(0, true);
    requestAnimationFrame(() => this.element.setAttribute("aria-live", "polite"));
    for (const node of this.#nodes.values()) node.classList.add("old");
  }

  clear() {
    this.entries = [];
    this.#nodes.clear();
    this.element.replaceChildren();
    this.#scroll.grown(0, true);
  }

  save(limit) {
    return this.entries.slice(-limit);
  }

  #append(entry) {
    const node = draw(entry, this.act);
    this.entries.push(entry);
    this.#nodes.set(entry, node);
    this.element.append(node);
  }

  #trim() {
    const over = this.entries.splice(0, this.entries.length - LIMIT);
    if (over.length === 0) return;
    this.#scroll.shortened(() => {
      for (const entry of over) {
        this.#nodes.get(entry).remove();
        this.#nodes.delete(entry);
      }
    });
  }
}

const summary = ({ title, who, text }) => title ?? (who ? `${who}: ${text}` : text);
