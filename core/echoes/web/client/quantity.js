// "How many?": a small panel below the row of a stack.

import { h } from "./dom.js";

let panels = 0;

/**
 * A toggle and its panel. `most()` gives the size of the stack when asked; `chosen(quantity)` is called with the choice.
 */
export function quantityPanel(verb, most, chosen) {
  const id = `quantity-${(panels += 1)}`;
  const input = h("input", { type: "number", min: 1, step: 1, inputmode: "numeric", "aria-label": `How many to ${verb}` });
  const close = () => {
    panel.hidden = true;
    toggle.setAttribute("aria-expanded", "false");
  };
  const choose = (event) => {
    event.preventDefault();
    const quantity = Math.max(1, Math.min(most(), Math.floor(Number(input.value)) || 1));
    close();
    toggle.focus();
    chosen(quantity);
  };
  const set = (value) => () => (input.value = value());
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
    input.max = most();
    input.value = Math.ceil(most() / 2);
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
