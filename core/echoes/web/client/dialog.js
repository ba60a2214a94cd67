// A dialog that opens and closes in every browser: those without <dialog> show it as a box above the page, closed with Escape.

import { part } from "./dom.js";

/** Makes `element` a dialog. @type {(element: HTMLDialogElement) => { open: () => void, close: () => void }} */
export function dialogOf(element) {
  const native = typeof element.showModal === "function";
  const close = () => (native ? element.close() : element.removeAttribute("open"));
  const open = () => {
    if (element.hasAttribute("open")) return;
    if (native) {
      element.showModal();
    } else {
      element.setAttribute("open", "");
      part(element, "input, button").focus();
    }
  };
  if (!native) {
    // Its form would be sent to the server, and load the page again.
    element.addEventListener("submit", (event) => (event.preventDefault(), close()));
    document.addEventListener("keydown", (event) => event.key === "Escape" && close());
  }
  return { open, close };
}
