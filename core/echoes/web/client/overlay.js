// What is seen of the line: a word in the header, and a banner over the story when it stays cut.

import { $, h, part, text } from "./dom.js";
import { ending } from "./backoff.js";

/** @import { Remedy } from "./backoff.js" */
/** @import { Connection, LineState } from "./connection.js" */

const PATIENCE_MS = 700;
/** @type {Record<LineState, string>} */
const WORDS = { idle: "offline", connecting: "connecting", online: "connected", offline: "cut off", ended: "ended" };

/**
 * Returns `show(connection)`. `remedies` are what the banner's button does for a final close; `say` reads a sentence aloud: each cause
 * once, and that the line is back.
 * @type {(remedies: Record<Remedy, () => void>, say: (text: string) => void) => (connection: Connection) => void}
 */
export function overlay(remedies, say) {
  const banner = $("overlay");
  let timer = 0;
  let said = "";
  /** @param {...string} words */
  const sayOnce = (...words) => {
    const sentences = words.filter(Boolean).map((one) => one.replace(/[^.?!…]$/, "$&.")).join(" ");
    if (sentences !== said) say(sentences);
    said = sentences;
  };

  const hide = () => {
    clearInterval(timer);
    timer = 0;
    banner.hidden = true;
    banner.replaceChildren();
  };
  /** @type {(connection: Connection) => void} */
  const ended = (connection) => {
    const { title, text: words, action, label } = ending(connection.code, connection.reason);
    banner.replaceChildren(h("p.title", {}, title), h("p", {}, words), button(label, remedies[action], "overlay-action"));
    banner.hidden = false;
    sayOnce(title, words);
  };
  /** @type {(connection: Connection) => void} */
  const waiting = (connection) => {
    if (performance.now() - connection.lostAt < PATIENCE_MS) return;
    if (banner.hidden) build(connection);
    text(part(banner, ".title"), title(connection));
    text(part(banner, ".why"), why(connection));
    text(part(banner, ".next"), next(connection));
    sayOnce(title(connection), why(connection));
  };
  /** @type {(connection: Connection) => void} */
  const build = (connection) => {
    banner.replaceChildren(
      h("p.title"),
      h("p", {}, h("span.why"), " ", h("span.next")),
      button("Try now", () => connection.tryNow(), "try-now"),
    );
    banner.hidden = false;
  };

  return (connection) => {
    const line = $("line");
    line.dataset.state = connection.state === "idle" ? "offline" : connection.state;
    line.dataset.worker = connection.worker;
    text(part(line, "span"), WORDS[connection.state]);
    if (connection.state === "online" && said) say("The line to the city is back.");
    if (connection.state === "online" || connection.state === "idle") {
      said = "";
      return hide();
    }
    if (connection.state === "ended") {
      hide();
      return ended(connection);
    }
    timer ||= setInterval(() => waiting(connection), 200);
    if (!banner.hidden && banner.querySelector(".next")) waiting(connection);
  };
}

/** @type {(connection: Connection) => string} */
const title = ({ trouble, worker }) => trouble?.message ?? (worker ? "The line to the city is cut" : "Looking for the way in");

/** @type {(connection: Connection) => string} */
function why({ trouble, worker }) {
  if (trouble) return trouble.hint;
  return worker ? "Your body stays where it is; what you send waits." : "";
}

/** @type {(connection: Connection) => string} */
function next({ state, retryAt }) {
  if (navigator.onLine === false) return "This device is offline.";
  if (state === "connecting") return "Trying…";
  return `Next try in ${Math.max(1, Math.ceil((retryAt - performance.now()) / 1000))} s.`;
}

/** @type {(label: string, click: () => void, testid: string) => HTMLElement} */
function button(label, click, testid) {
  return h("button.primary", { type: "button", testid, on: { click } }, label);
}
