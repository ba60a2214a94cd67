// "How many?": a small panel below the row of a stack.

import { h } from "./dom.js";

let panels = 0;

/** What was typed, as a number of the stack: 1 at least, all of it at most. @type {(typed: string, most: number) => number} */
export const within = (typed, most) => Math.max(1, Math.min(most, Math.floor(Number(typed)) || 1));

/**
 * A toggle and its panel. `most()` gives the size of the stack when asked; `chosen(quantity)` is called with the choice.
 * @type {(verb: string, most: () => number, chosen: (quantity: number) => void) => { toggle: HTMLElement, panel: HTMLElement }}
 */
export function quantityPanel(verb, most, chosen) {
  const id = `quantity-${(panels += 1)}`;
  const input = h("input", { type: "number", min: 1, step: 1, inputmode: "numeric", "aria-label": `How many to ${verb}` });
  const close = () => {
    panel.hidden = true;
    toggle.setAttribute("aria-expanded", "false");
  };
  /** @param {Event} event */
  const choose = (event) => {
    event.preventDefault();
    const quantity = within(input.value, most());
    close();
    toggle.focus();
    chosen(quantity);
  };
  /** @type {(value: () => number) => () => void} */
  const set = (value) => () => {
    input.value = String(value());
  };
  const panel = h("form.quantity", { id, hidden: true, on: { submit: choose } },
    input,
    h("button.chip", { type: "button", on: { click: set(() => 1) } }, "one"),
    h("button.chip", { type: "button", on: { click: set(() => Math.ceil(most() / 2)) } }, "half"),
    h("button.chip.go", {}, verb));
  const open = () => {
    const show = panel.hidden;
    panel.hidden = !show;
    toggle.setAttribute("aria-expanded", String(show));
    if (!show) return;
    input.max = String(most());
    input.value = String(Math.ceil(most() / 2));
    input.focus();
    input.select();
  };
  const toggle = h("button.chip.some", { type: "button", "aria-expanded": "false", "aria-controls": id, on: { click: open } }, "some…");
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
    toggle.focus();
  });
  return { toggle, panel };
}
