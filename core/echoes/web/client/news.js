// What is new, for who does not look at the story: a count in the window's title, a line below a phone's other views.

import { $, text } from "./dom.js";

const QUIET = new Set(["reply", "notice", "place"]);
const TITLE = "Echoes of the Ashes";

/** Returns `news(text, kind)`. */
export function newsroom(store) {
  let unread = 0;
  const title = () => {
    const place = store.state.location?.name;
    const base = place && !$("game").hidden ? `${place} · ${TITLE}` : TITLE;
    text(document.querySelector("title"), unread ? `(${unread}) ${base}` : base);
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    unread = 0;
    title();
  });
  store.on(["location"], title);
  return (line, kind) => {
    text($("ticker"), line ?? "");
    if (!document.hidden || QUIET.has(kind)) return;
    unread += 1;
    title();
  };
}
