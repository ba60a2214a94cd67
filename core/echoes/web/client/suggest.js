// The visible list of completions: a combobox's listbox. It shows while one types and is entered with Tab.

import { h, setAttribute } from "./dom.js";
import { complete } from "./completion.js";

/** @import { Completion, World } from "./completion.js" */

const FROM_LENGTH = 2;

export class Suggestions {
  /** @type {Completion[]} */
  #found = [];
  #active = -1;
  #typed = "";

  /**
   * `state()` gives what is known of the world now.
   * @param {HTMLInputElement} input
   * @param {HTMLElement} list
   * @param {() => World} state
   */
  constructor(input, list, state) {
    this.input = input;
    this.list = list;
    this.state = state;
    // Keep the focus, and a phone's keyboard, where they are.
    list.addEventListener("pointerdown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = event.target instanceof Element ? event.target.closest("[role=option]") : null;
      if (option) this.#take([...list.children].indexOf(option));
    });
  }

  get open() {
    return !this.list.hidden;
  }

  /** True while an option is marked: then Enter takes it and the arrows move. */
  get engaged() {
    return this.open && this.#active >= 0;
  }

  /** The text has changed. */
  typed() {
    const text = this.input.value;
    this.#active = -1;
    this.#show(text.trim().length >= FROM_LENGTH ? complete(text, this.state()) : []);
  }

  /**
   * Tab or an arrow: completes at once when there is one way to, else marks the next (`step`) option. False: nothing to do.
   * @param {number} step
   */
  advance(step) {
    if (!this.engaged) {
      this.#typed = this.input.value;
      this.#show(complete(this.#typed, this.state()));
      if (this.#found.length === 0) return false;
      if (this.#found.length === 1) {
        this.#take(0);
        return true;
      }
      this.#active = step > 0 ? -1 : 0;
    }
    const count = this.#found.length;
    this.#mark((this.#active + step + count) % count);
    return true;
  }

  /** Takes the marked option. */
  accept() {
    this.#take(this.#active);
  }

  close({ restore = false } = {}) {
    if (restore && this.engaged) this.input.value = this.#typed;
    this.#show([]);
  }

  /** @param {number} index */
  #take(index) {
    this.input.value = this.#found[index].line;
    this.close();
    this.input.focus();
    if (this.input.value.endsWith(" ")) this.typed();
  }

  /** @param {Completion[]} found */
  #show(found) {
    this.#found = found;
    this.#active = -1;
    this.list.replaceChildren(...found.map(({ label, note }, index) =>
      h("li", { role: "option", id: `suggestion-${index}`, "aria-selected": "false" },
        h("span.name", { dir: "auto" }, label), note ? h("span.note", {}, note) : null)));
    this.list.hidden = found.length === 0;
    this.input.setAttribute("aria-expanded", String(found.length > 0));
    setAttribute(this.input, "aria-activedescendant", null);
  }

  /** Scrolls the list, and nothing around it, until the option is in sight. @param {HTMLElement} option */
  #reveal({ offsetTop, offsetHeight }) {
    const { scrollTop, clientHeight } = this.list;
    this.list.scrollTop = Math.min(offsetTop, Math.max(scrollTop, offsetTop + offsetHeight - clientHeight));
  }

  /** @param {number} index */
  #mark(index) {
    this.#active = index;
    for (const [place, option] of this.list.querySelectorAll("li").entries()) {
      option.setAttribute("aria-selected", String(place === index));
      if (place === index) this.#reveal(option);
    }
    this.input.value = this.#found[index].line;
    this.input.setAttribute("aria-activedescendant", `suggestion-${index}`);
  }
}
