// What is seen of the line: a word in the header, and a banner over the story when it stays cut.

import { $, h, text } from "./dom.js";
import { ending } from "./backoff.js";

const PATIENCE_MS = 700;
const WORDS = { idle: "offline", connecting: "connecting", online: "connected", offline: "cut off", ended: "ended" };

/** Returns `show(connection)`. `remedies` are what the banner's button does for a final close: again, login, reload. */
export function overlay(remedies) {
  const banner = $("overlay");
  let timer = 0;
  let current = null;

  const hide = () => {
    clearInterval(timer);
    timer = 0;
    banner.hidden = true;
    banner.replaceChildren();
  };
  const ended = (connection) => {
    const { title, text: words, action, label } = ending(connection.code, connection.reason);
    banner.replaceChildren(h("p.title", {}, title), h("p", {}, words), button(label, remedies[action], "overlay-action"));
    banner.hidden = false;
  };
  const waiting = () => {
    if (performance.now() - current.lostAt < PATIENCE_MS) return;
    if (banner.hidden) build();
    text(banner.querySelector(".title"), title(current));
    text(banner.querySelector(".why"), why(current));
    text(banner.querySelector(".next"), next(current));
  };
  const build = () => {
    banner.replaceChildren(
      h("p.title"),
      h("p", {}, h("span.why"), " ", h("span.next", { "aria-live": "off" })),
      button("Try now", () => current.tryNow(), "try-now"),
    );
    banner.hidden = false;
  };

  return (connection) => {
    current = connection;
    const line = $("line");
    line.dataset.state = connection.state === "idle" ? "offline" : connection.state;
    line.dataset.worker = connection.worker;
    text(line.lastChild, WORDS[connection.state]);
    if (connection.state === "online" || connection.state === "idle") return hide();
    if (connection.state === "ended") {
      hide();
      return ended(connection);
    }
    timer ||= setInterval(waiting, 200);
    if (!banner.hidden && banner.querySelector(".next")) waiting();
  };
}

const title = ({ trouble, worker }) => trouble?.message ?? (worker ? "The line to the city is cut" : "Looking for the way in");

function why({ trouble, worker }) {
  if (trouble) return trouble.hint;
  return worker ? "Your body stays where it is; what you send waits." : "";
}

function next({ state, retryAt }) {
  if (navigator.onLine === false) return "This device is offline.";
  if (state === "connecting") return "Trying…";
  return `Next try in ${Math.max(1, Math.ceil((retryAt - performance.now()) / 1000))} s.`;
}

function button(label, click, testid) {
  return h("button.primary", { type: "button", testid, on: { click } }, label);
}
