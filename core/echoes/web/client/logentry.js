// One entry of the story as an element.

import { h } from "./dom.js";
import { dangerWord } from "./words.js";

const MARKS = { pending: "on its way", failed: "refused", unknown: "unanswered" };

/** The element for an entry. */
export function draw(entry, act) {
  const make = DRAW[entry.kind] ?? plain;
  const element = make(entry);
  element.classList.add("entry", `entry-${entry.kind}`);
  element.dataset.kind = entry.kind;
  if (entry.kind === "command") drawState(element, entry, act);
  return element;
}

// Each line has a direction of its own, by its first letter; a name within it does not change that of the rest.
const line = (...parts) => h("p", { dir: "auto" }, ...parts);
const plain = (entry) => line(entry.text);
const speaker = (who) => h("b.speaker", {}, h("bdi", {}, who));
/** Words of the page's own, which say nothing of the direction of what was said. */
const ours = (selector, words) => h(selector, { dir: "ltr" }, words);

const DRAW = {
  place: ({ title, district, text, danger }) =>
    h("section", { "aria-label": title },
      h("h3", { dir: "auto" }, title),
      district ? h("p.district", { dir: "auto" }, danger > 0 ? `${district} · ${dangerWord(danger)}` : district) : null,
      h("p.description", { dir: "auto" }, text)),
  say: ({ who, text }) => line(speaker(who), ours("span.sr", " says: "), " ", h("q.speech", {}, text)),
  whisper: ({ who, text }) => line(speaker(who), " ", ours("i", "whispers"), " ", h("q.speech", {}, text)),
  // An alert is read at once, although the log around it is polite.
  danger: ({ text }) => h("p", { role: "alert", dir: "auto" }, text),
  announcement: ({ text }) => line(ours("span.sr", "Announcement: "), text),
  command: ({ text, command }) => h("div", { "data-command": command }, h("p.typed", { dir: "auto" }, text)),
};

/** Puts a command's state and answer below its line. */
export function drawState(element, entry, act) {
  element.dataset.state = entry.state;
  if (entry.verb) element.dataset.verb = entry.verb;
  element.querySelector(".mark")?.remove();
  const mark = MARKS[entry.state];
  if (mark) element.firstChild.append(h("span.mark", { dir: "ltr" }, ` ${mark}`));
  if (entry.reply && !element.querySelector(".reply")) element.append(...answer(entry, act));
}

function answer({ state, reply, hint, topics = [] }, act) {
  const failed = state === "failed";
  // A list of topics as buttons says it all; the sentence is for who listens.
  const style = failed ? "p.reply.refusal" : topics.length ? "p.reply.sr" : "p.reply";
  const parts = [h(style, { dir: "auto" }, reply, hint ? h("span.hint", {}, ` ${hint}`) : null)];
  if (topics.length) {
    const ask = (topic) => () => act({ type: "help", topic }, `help ${topic}`);
    parts.push(h("p.topics", {}, topics.map((topic) => h("button.chip", { type: "button", on: { click: ask(topic) } }, topic))));
  }
  return parts;
}
