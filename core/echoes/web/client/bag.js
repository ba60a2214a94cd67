// The bag and what is worn. Each row opens to what can be done with the thing.

import { $, h, keyed, present, text, setAttribute } from "./dom.js";
import { named, number } from "./words.js";
import { quantityPanel } from "./quantity.js";

/** @import { Item } from "./facts.js" */
/** @import { Act, Store } from "./state.js" */
/** @import { PlayerView } from "./wire.d.ts" */
/**
 * @typedef {object} Parts of a row
 * @property {HTMLButtonElement} name
 * @property {HTMLElement} label
 * @property {HTMLElement} note
 * @property {HTMLElement} panel what can be done with the thing
 * @property {Item} item
 * @property {PlayerView[]} players the players that the panel offers as receivers
 * @property {() => void} refill
 */
/** @typedef {HTMLLIElement & { parts: Parts }} Row */

/** @type {Record<string, string>} */
const SLOTS = {
  head: "head", body: "body", hands: "hands", legs: "legs", feet: "feet", back: "back", main_hand: "in hand",
  off_hand: "off hand", neck: "neck",
};

/** `act` sends what a click means. @type {(store: Store, act: Act) => void} */
export function showBag(store, act) {
  /** @type {(element: HTMLElement, items: Item[]) => void} */
  const list = (element, items) =>
    keyed(element, items, (item) => item.id, (item) => bagRow(item, store, act), (row, item) => refresh(row.parts, item, store.state.players));
  store.on(["bag", "players"], ({ bag }) => {
    const worn = bag.filter((item) => item.worn);
    const loose = bag.filter((item) => !item.worn);
    $("worn").hidden = worn.length === 0;
    list($("worn-list"), worn);
    list($("bag-list"), loose);
    $("bag-empty").hidden = bag.length > 0;
  });
  store.on(["bag"], ({ load }) => {
    const weight = `${number(load.weight)} of ${number(load.max_weight)} kg`;
    text($("load"), load.max_weight ? `${weight} · ${number(load.volume)} of ${number(load.max_volume)} l` : "");
    $("load").classList.toggle("heavy", load.weight > load.max_weight * 0.9 || load.volume > load.max_volume * 0.9);
  });
}

/** @type {(item: Item, store: Store, act: Act) => Row} */
function bagRow(item, store, act) {
  const id = `bag-${item.id}`;
  const panel = h("div.doing", { id, hidden: true });
  const toggle = () => {
    panel.hidden = !panel.hidden;
    name.setAttribute("aria-expanded", String(!panel.hidden));
    if (!panel.hidden) parts.refill();
  };
  const label = h("span.name", { dir: "auto" });
  const note = h("span.note");
  const name = h("button.row-name",
    { type: "button", testid: `bag-item-${item.id}`, "data-template": item.template, "aria-expanded": "false", "aria-controls": id, on: { click: toggle } },
    label, note);
  const refill = () => {
    const focused = panel.contains(document.activeElement);
    fill(panel, parts.item, store.state.players, act);
    if (focused) name.focus();
  };
  /** @type {Parts} */
  const parts = { name, label, note, panel, item, players: store.state.players, refill };
  return Object.assign(h("li.row", {}, name, panel), { parts });
}

/** @type {(row: Parts, item: Item, players: PlayerView[]) => void} */
function refresh(row, item, players) {
  const changed = row.item.version !== item.version;
  const company = row.players !== players;
  row.item = item;
  row.players = players;
  text(row.label, named(item));
  text(row.note, noteOf(item));
  setAttribute(row.name, "data-quantity", item.quantity);
  const { panel } = row;
  // A player's arrival or departure must not take the focus from a number that is being typed.
  if (!panel.hidden && (changed || (company && !panel.contains(document.activeElement)))) row.refill();
}

/** @type {(item: Item) => string} */
function noteOf({ worn, slot = "", weight, quantity }) {
  if (worn) return SLOTS[slot] ?? slot;
  return weight ? `${number(weight * quantity)} kg` : "";
}

/**
 * Everything that can be done with `item`, as buttons.
 * @type {(panel: HTMLElement, item: Item, players: PlayerView[], act: Act) => void}
 */
function fill(panel, item, players, act) {
  const target = String(item.id);
  /** @type {(type: "use" | "equip" | "unequip", label: string) => HTMLElement} */
  const simple = (type, label) => verb(label, `${type}-${item.id}`, () => act({ type, item: target }, `${label} ${item.name}`));
  /** @type {(quantity?: number) => void} */
  const drop = (quantity) => act({ type: "drop", item: target, ...(quantity && { quantity }) }, `drop ${quantity ? `${quantity} ` : ""}${item.name}`);
  const leaves = !item.worn && !item.personal; // what a newcomer wakes with can be neither dropped nor given
  const some = leaves && item.quantity > 1 ? quantityPanel("drop", () => item.quantity, drop) : null;
  panel.replaceChildren(
    ...present([
      item.description ? h("p.description", {}, item.description) : null,
      item.durability !== undefined ? h("p.faint", {}, `Good for ${item.durability} more.`) : null,
      item.usable ? simple("use", "use") : null,
      item.slot && !item.worn ? simple("equip", item.slot.endsWith("hand") ? "wield" : "wear") : null,
      item.worn ? simple("unequip", "take off") : null,
      leaves ? verb("drop", `drop-${item.id}`, () => drop()) : null,
      some?.toggle,
      some?.panel,
      leaves ? giving(item, players, act) : null,
    ]),
  );
}

/** @type {(label: string, testid: string, click: () => void) => HTMLElement} */
function verb(label, testid, click) {
  return h("button.chip", { type: "button", testid, on: { click } }, label);
}

/** @type {(item: Item, players: PlayerView[], act: Act) => HTMLElement | null} */
function giving(item, players, act) {
  /** @type {(player: PlayerView) => () => void} */
  const give = (player) => () =>
    act({ type: "give", item: String(item.id), to: String(player.id) }, `give ${named(item)} to ${player.name}`);
  return players.length
    ? h("p.giving", {}, h("span.faint", {}, "give to "), players.map((player) =>
        h("button.chip", { type: "button", testid: `give-${item.id}-${player.id}`, on: { click: give(player) } }, player.name)))
    : null;
}
