// Who else is awake, as of when one asked.

import { $, h, keyed } from "./dom.js";

/** @import { Act, Draft, Store } from "./state.js" */

/** `act` asks; `draft` begins a whisper. @type {(store: Store, act: Act, draft: Draft) => void} */
export function showWho(store, act, draft) {
  $("ask-who").addEventListener("click", () => act({ type: "who" }, "who"));
  store.on(["who"], ({ who }) => {
    keyed($("who-list"), who ?? [], (player) => player.id, ({ name }) =>
      h("li.row", {}, h("button.row-name", { type: "button", on: { click: () => draft(`whisper ${name} `) } },
        h("span.name", { dir: "auto", translate: "no" }, name), " ", h("span.verb", {}, "whisper"))));
  });
}
