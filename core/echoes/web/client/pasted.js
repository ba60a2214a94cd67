// Several lines pasted or dropped at once: each is a command of its own, shown and asked about before any is sent.

import { h, part, text } from "./dom.js";

const MOST = 10;
const LONGEST = 1000;

/** The lines of a text, without the empty ones; every separator of Unicode ends a line. @type {(text: string) => string[]} */
export const linesOf = (text) => text.split(/[\r\n\u0085\u2028\u2029]+/).map((line) => line.trim()).filter(Boolean);

export class Pasted {
  /** @type {string[]} */
  #rest = [];

  /**
   * `note` shows what follows the line in `input`; `say` reads it aloud.
   * @param {HTMLInputElement} input
   * @param {HTMLElement} note
   * @param {(text: string) => void} say
   */
  constructor(input, note, say) {
    this.say = say;
    this.input = input;
    this.note = note;
    input.addEventListener("paste", (event) => this.#take(event, event.clipboardData));
    input.addEventListener("drop", (event) => this.#take(event, event.dataTransfer));
  }

  get waiting() {
    return this.#rest.length > 0;
  }

  /** The lines that follow the first one; none waits any more. */
  release() {
    const lines = this.#rest;
    this.#show([], 0);
    return lines;
  }

  /**
   * @param {Event} event
   * @param {DataTransfer | null} data
   */
  #take(event, data) {
    const { value, selectionStart, selectionEnd } = this.input;
    const pasted = data?.getData("text") ?? "";
    const lines = linesOf(value.slice(0, selectionStart ?? 0) + pasted + value.slice(selectionEnd ?? value.length));
    if (lines.length < 2) return; // the browser knows what to do
    event.preventDefault();
    const [first, ...rest] = lines.map((line) => line.slice(0, LONGEST));
    this.input.value = first;
    this.#show(rest.slice(0, MOST - 1), lines.length);
  }

  /**
   * @param {string[]} rest
   * @param {number} count of all lines, also those that are left out
   */
  #show(rest, count) {
    this.#rest = rest;
    this.note.hidden = rest.length === 0;
    const kept = rest.length + 1;
    const left = count > kept ? ` The other ${count - kept} are left out.` : "";
    const words = `Enter sends ${kept} lines, each as a command, in this order. Esc keeps only the first.${left}`;
    text(part(this.note, "p"), words);
    if (rest.length) this.say(words);
    part(this.note, "ol").replaceChildren(...rest.map((line) => h("li", { dir: "auto" }, line)));
  }
}
