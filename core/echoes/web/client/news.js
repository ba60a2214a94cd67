// What is new, for who does not look at the story: a count in the window's title, a line below a phone's other views.

import { $, part, text } from "./dom.js";

/** @import { News } from "./log.js" */
/** @import { Store } from "./state.js" */

/** @type {Set<Parameters<News>[1]>} */
const QUIET = new Set(["reply", "notice", "place"]);
const TITLE = "Echoes of the Ashes";

/** @type {(store: Store) => News} */
export function newsroom(store) {
  let unread = 0;
  const title = () => {
    const place = store.state.location.name;
    const base = place && !$("game").hidden ? `${place} · ${TITLE}` : TITLE;
    text(part(document, "title"), unread ? `(${unread}) ${base}` : base);
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    unread = 0;
    title();
  });
  store.on(["location"], title);
  return (line, kind) => {
    text($("ticker"), line);
    if (!document.hidden || QUIET.has(kind)) return;
    unread += 1;
    title();
  };
}
