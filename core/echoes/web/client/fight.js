// A fight in this place: what the enemies are about to do, how long the round lasts, and the choices. Everything here can be typed, too.

import { $, h, keyed, part, text } from "./dom.js";

/** @import { Act, State, Store } from "./state.js" */
/** @import { FighterView, FightView } from "./wire.d.ts" */
/** @typedef {{ key: string, label: string, line: string, command: import("./wire.d.ts").ClientCommand }} Move */

const EVERY_MS = 500;
/** @type {Record<string, string>} */
const INTENTS = { attack: "watches", heavy: "will strike hard at", defend: "guards", flee: "looks for a way out", call: "is about to call others" };

/** @type {Move[]} */
export const MOVES = [
  { key: "1", label: "Attack", line: "attack", command: { type: "attack" } },
  { key: "2", label: "Defend", line: "defend", command: { type: "defend" } },
  { key: "3", label: "Flee", line: "flee", command: { type: "flee" } },
  { key: "4", label: "Intents", line: "intents", command: { type: "intents" } },
];

/** Whether the own character is in the fight. @type {(fight: FightView | null, me: number | undefined) => boolean} */
export const isMine = (fight, me) => Boolean(fight?.fighters?.some(({ id }) => id === `character:${me}`));

/** What an enemy is about to do, in words; empty for a player. An intent that this page does not know is shown as it is. @type {(fighter: FighterView, fight: FightView) => string} */
export function intentOf({ intent = "", target = "" }, fight) {
  const name = fight.fighters?.find(({ id }) => id === target)?.name ?? "";
  return [INTENTS[intent] ?? intent, name].filter(Boolean).join(" ");
}

/**
 * Whole seconds until the round ends. `skewMs` is how far `performance.now` is ahead of the server's clock.
 * @type {(fight: FightView, skewMs: number, nowMs?: number) => number}
 */
export const secondsLeft = ({ until }, skewMs, nowMs = performance.now()) => Math.max(0, Math.ceil(until - (nowMs - skewMs) / 1000));

/** The move that a key means, while nothing is typed. @type {(key: string, typed: string, mine: boolean) => Move | null} */
export const moveOf = (key, typed, mine) => (mine && typed === "" ? MOVES.find((move) => move.key === key) ?? null : null);

/** `act` sends what a click or a key means. @type {(store: Store, act: Act) => void} */
export function showFight(store, act) {
  $("fight-moves").replaceChildren(...MOVES.map(({ key, label, line, command }) =>
    h("button.chip", { type: "button", testid: `fight-${line}`, "aria-keyshortcuts": key, on: { click: () => act(command, line) } }, `${key} ${label}`)));
  store.on(["fight", "you"], (state) => draw(state, act));
  setInterval(() => countdown(store.state), EVERY_MS);
  document.addEventListener("keydown", (event) => {
    const { activeElement } = document;
    const elsewhere = activeElement instanceof HTMLInputElement && activeElement !== $("command");
    if ($("game").hidden || elsewhere || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    if (document.querySelector("dialog[open]")) return;
    const move = moveOf(event.key, $("command").value, isMine(store.state.fight, store.state.you?.id));
    if (!move) return;
    event.preventDefault();
    act(move.command, move.line);
  });
}

/** @type {(state: State, act: Act) => void} */
function draw(state, act) {
  const { fight, you } = state;
  $("fight").hidden = fight === null;
  if (fight === null) return;
  text($("fight-title"), `Fight, round ${fight.round}`);
  const mine = isMine(fight, you?.id);
  $("fight").classList.toggle("own", mine);
  $("fight-moves").hidden = !mine;
  keyed($("fighters"), fight.fighters ?? [], ({ id }) => id, (fighter) => row(fighter, act), (element, fighter) => {
    const chosen = fighter.chosen ? "has chosen" : "";
    text(part(element, ".note"), [`${fighter.hp} / ${fighter.max_hp}`, intentOf(fighter, fight) || chosen].filter(Boolean).join(" · "));
  });
  countdown(state);
}

/** @type {(fighter: FighterView, act: Act) => HTMLElement} */
function row({ id, name, side }, act) {
  const label = side === 1
    ? h("button.row-name", { type: "button", on: { click: () => act({ type: "attack", target: id }, `attack ${name}`) } },
      h("span.name", { dir: "auto" }, name), " ", h("span.verb", {}, "attack"))
    : h("span.name", { dir: "auto", translate: "no" }, name);
  return h("li.row", { testid: `fighter-${id}` }, label, h("span.note"));
}

/** Seconds left in the round: drawn only, since a count would be read aloud again and again; `intents` says it. @type {(state: State) => void} */
function countdown({ fight, skew }) {
  if (fight !== null) text($("fight-left"), `${secondsLeft(fight, skew)} s`);
}
