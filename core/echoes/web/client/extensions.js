// Panels of extensions: scripts and style sheets of the server's own origin, loaded after the page's own modules. One that fails breaks no other.

import { $, h } from "./dom.js";
import { address } from "./address.js";

/** @import { Act, Store } from "./state.js" */
/** @typedef {{ extension: string, title: string, script: string, style: string }} Panel as the server lists it; `style` may be empty */
/** @typedef {{ element: HTMLElement, act: Act, address: typeof address, watch: Store["on"] }} Given what a panel's script gets; `watch` calls its listener at once, and after each change */

let asked = false;

/** Shows the panels of all extensions, once for each page. @type {(store: Store, act: Act) => Promise<void>} */
export async function showExtensions(store, act) {
  if (asked) return;
  asked = true;
  try {
    const answer = await fetch(address("x/panels.json"));
    /** @type {Panel[]} */
    const panels = answer.ok ? await answer.json() : [];
    await Promise.all(panels.map((panel) => show(panel, store, act)));
  } catch {
    asked = false; // the server is out of reach: the next one who enters asks again
  }
}

/** @type {(panel: Panel, store: Store, act: Act) => Promise<void>} */
async function show({ extension, title, script, style }, store, act) {
  const id = `x-${extension}`;
  const element = h("div");
  const section = h("section.extension", { id, testid: id, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title`, dir: "auto" }, title), element);
  $("self").append(section);
  if (style) document.head.append(h("link", { rel: "stylesheet", href: address(style) }));
  try {
    const { default: panel } = await import(address(script));
    /** @type {Given["watch"]} */
    const watch = (topics, listener) => {
      store.on(topics, listener);
      listener(store.state);
    };
    /** @type {Given} */
    const given = { element, act, address, watch };
    await panel(given);
  } catch (error) {
    section.remove();
    console.warn(`The panel of the extension ${extension} does not work.`, error);
  }
}
