// Several lines pasted or dropped at once: each is a command of its own, shown and asked about before any is sent.

import { h, text } from "./dom.js";

const MOST = 10;
const LONGEST = 1000;

export class Pasted {
  #rest = [];

  /** `note` shows what follows the line in `input`. */
  constructor(input, note) {
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

  #take(event, data) {
    const { value, selectionStart, selectionEnd } = this.input;
    const pasted = data?.getData("text") ?? "";
    const whole = value.slice(0, selectionStart) + pasted + value.slice(selectionEnd);
    const lines = whole.split(/[\r\n\u0085\u2028\u2029]+/).map((line) => line.trim()).filter(Boolean);
    if (lines.length < 2) return; // the browser knows what to do
    event.preventDefault();
    const [first, ...rest] = lines.map((line) => line.slice(0, LONGEST));
    this.input.value = first;
    this.#show(rest.slice(0, MOST - 1), lines.length);
  }

  #show(rest, count) {
    this.#rest = rest;
    this.note.hidden = rest.length === 0;
    const kept = rest.length + 1;
    const left = count > kept ? ` The other ${count - kept} are left out.` : "";
    text(this.note.firstElementChild, `Enter sends ${kept} lines, each as a command, in this order. Esc keeps only the first.${left}`);
    this.note.lastElementChild.replaceChildren(...rest.map((line) => h("li", { dir: "auto" }, line)));
  }
}
