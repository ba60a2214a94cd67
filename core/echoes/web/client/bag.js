// The bag and what is worn. Each row opens to what can be done with the thing.

import { $, h, keyed, text, setAttribute } from "./dom.js";
import { named, number } from "./words.js";
import { quantityPanel } from "./quantity.js";

const SLOTS = {
  head: "head", body: "body", hands: "hands", legs: "legs", feet: "feet", back: "back", main_hand: "in hand",
  off_hand: "off hand", neck: "neck",
};

/** `act(command, text)` sends what a click means. */
export function showBag(store, act) {
  const rows = { create: (item) => bagRow(item, store, act), update: (row, item) => refresh(row, item, store) };
  store.on(["bag", "players"], ({ bag }) => {
    const worn = bag.filter((item) => item.worn);
    const loose = bag.filter((item) => !item.worn);
    const list = (element, items) => keyed(element, items, (item) => item.id, rows.create, rows.update);
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

function bagRow(item, store, act) {
  const id = `bag-${item.id}`;
  const panel = h("div.doing", { id, hidden: true });
  const row = h("li.row", {});
  const toggle = () => {
    panel.hidden = !panel.hidden;
    name.setAttribute("aria-expanded", String(!panel.hidden));
    if (!panel.hidden) row.refill();
  };
  const name = h("button.row-name",
    { type: "button", testid: `bag-item-${item.id}`, "data-template": item.template, "aria-expanded": "false", "aria-controls": id, on: { click: toggle } },
    h("span.name", { dir: "auto" }), h("span.note"));
  row.append(name, panel);
  row.refill = () => {
    const focused = panel.contains(document.activeElement);
    fill(panel, row.item, store, act);
    if (focused) name.focus();
  };
  return row;
}

function refresh(row, item, store) {
  const changed = row.item?.version !== item.version;
  const company = row.players !== store.state.players;
  row.item = item;
  row.players = store.state.players;
  text(row.querySelector(".name"), named(item));
  text(row.querySelector(".note"), note(item));
  setAttribute(row.firstChild, "data-quantity", item.quantity);
  const panel = row.querySelector(".doing");
  // Somebody's coming or going must not take the focus from who is typing a number.
  if (!panel.hidden && (changed || (company && !panel.contains(document.activeElement)))) row.refill();
}

function note(item) {
  if (item.worn) return SLOTS[item.slot] ?? item.slot;
  return item.weight ? `${number(item.weight * item.quantity)} kg` : "";
}

/** Everything that can be done with `item`, as buttons. */
function fill(panel, item, store, act) {
  const target = String(item.id);
  const simple = (type, label) => verb(label, `${type}-${item.id}`, () => act({ type, item: target }, `${label} ${item.name}`));
  const drop = (quantity) => act({ type: "drop", item: target, ...(quantity && { quantity }) }, `drop ${quantity ? `${quantity} ` : ""}${item.name}`);
  const some = item.quantity > 1 ? quantityPanel("drop", () => item.quantity, drop) : null;
  panel.replaceChildren(
    ...[
      item.description ? h("p.description", {}, item.description) : null,
      item.durability !== undefined && item.durability !== null ? h("p.faint", {}, `Good for ${item.durability} more.`) : null,
      item.usable ? simple("use", "use") : null,
      item.slot && !item.worn ? simple("equip", item.slot.endsWith("hand") ? "wield" : "wear") : null,
      item.worn ? simple("unequip", "take off") : null,
      item.worn ? null : verb("drop", `drop-${item.id}`, () => drop()),
      some?.toggle,
      some?.panel,
      item.worn ? null : giving(item, store.state.players, act),
    ].filter(Boolean),
  );
}

function verb(label, testid, click) {
  return h("button.chip", { type: "button", testid, on: { click } }, label);
}

function giving(item, players, act) {
  const give = (player) => () =>
    act({ type: "give", item: String(item.id), to: String(player.id) }, `give ${named(item)} to ${player.name}`);
  return players.length
    ? h("p.giving", {}, h("span.faint", {}, "give to "), players.map((player) =>
        h("button.chip", { type: "button", testid: `give-${item.id}-${player.id}`, on: { click: give(player) } }, player.name)))
    : null;
}
