// One entry of the story as an element.

import { h, part } from "./dom.js";
import { dangerWord } from "./words.js";

/** @import { Child } from "./dom.js" */
/** @import { CommandEntry, Entry, PlaceEntry } from "./log.js" */
/** @import { Act } from "./state.js" */

/** @type {Record<CommandEntry["state"], string>} */
const MARKS = { pending: "", done: "", failed: "", unknown: "unanswered" };

/** The element for an entry. @type {(entry: Entry, act: Act) => HTMLElement} */
export function draw(entry, act) {
  const element = bare(entry);
  element.classList.add("entry", `entry-${entry.kind}`);
  element.dataset.kind = entry.kind;
  if (entry.kind === "command") drawState(element, entry, act);
  return element;
}

// Each line has a direction of its own, by its first letter; a name within it does not change that of the rest.
/** @type {(...parts: Child[]) => HTMLElement} */
const line = (...parts) => h("p", { dir: "auto" }, ...parts);
/** @type {(who: string | undefined) => HTMLElement} */
const speaker = (who) => h("b.speaker", { translate: "no" }, h("bdi", {}, who));
/**
 * Words of the page's own, which say nothing of the direction of what was said.
 * @type {(selector: string, words: string) => HTMLElement}
 */
const ours = (selector, words) => h(selector, { dir: "ltr" }, words);

/** @type {(entry: Entry) => HTMLElement} */
function bare(entry) {
  const { text } = entry;
  switch (entry.kind) {
    case "place": return place(entry);
    case "command": return h("div", { "data-command": entry.command }, h("p.typed", { dir: "auto", translate: "no" }, text));
    case "say": return line(speaker(entry.who), ours("span.sr", " says: "), " ", h("q.speech", {}, text));
    case "whisper": return line(speaker(entry.who), " ", ours("i", "whispers"), " ", h("q.speech", {}, text));
    default: return line(text);
  }
}

/** @type {(entry: PlaceEntry) => HTMLElement} */
const place = ({ title, district, text, danger }) =>
  h("div", {},
    h("h3", { dir: "auto" }, title),
    district ? h("p.district", { dir: "auto" }, danger > 0 ? `${district} · ${dangerWord(danger)}` : district) : null,
    h("p.description", { dir: "auto" }, text));

/** Puts a command's state and answer below its line. @type {(element: HTMLElement, entry: CommandEntry, act: Act) => void} */
export function drawState(element, entry, act) {
  element.dataset.state = entry.state;
  if (entry.verb) element.dataset.verb = entry.verb;
  element.querySelector(".mark")?.remove();
  const mark = MARKS[entry.state];
  if (mark) part(element, ".typed").append(h("span.mark", { dir: "ltr", translate: "yes" }, ` ${mark}`));
  if (entry.reply && !element.querySelector(".reply")) element.append(...answer(entry, act));
}

/** @type {(entry: CommandEntry, act: Act) => HTMLElement[]} */
function answer({ state, reply, hint, topics = [] }, act) {
  const failed = state === "failed";
  // A list of topics as buttons says it all; the sentence is for who listens.
  const style = failed ? "p.reply.refusal" : topics.length ? "p.reply.sr" : "p.reply";
  /** @type {HTMLElement[]} */
  const parts = [h(style, { dir: "auto" }, reply, hint ? h("span.hint", {}, ` ${hint}`) : null)];
  if (topics.length) {
    /** @type {(topic: string) => () => void} */
    const ask = (topic) => () => act({ type: "help", topic }, `help ${topic}`);
    parts.push(h("p.topics", {}, topics.map((topic) => h("button.chip", { type: "button", translate: "no", on: { click: ask(topic) } }, topic))));
  }
  return parts;
}
