// Who and what is here: people, fixed things, things lying about.

import { $, h, keyed, part, text } from "./dom.js";
import { named } from "./words.js";
import { quantityPanel } from "./quantity.js";

/** @import { Act, Draft, State, Store } from "./state.js" */
/** @import { Item } from "./facts.js" */
/** @import { NpcView, PlayerView, ThingView } from "./wire.d.ts" */
/** @typedef {{ more: number }} More how many a view only counts, as the last entry of its list */

/**
 * `act` sends; `draft` puts the beginning of a command into the command line.
 * @type {(store: Store, act: Act, draft: Draft) => void}
 */
export function showHere(store, act, draft) {
  store.on(["location", "players"], (state) => people(state, act, draft));
  store.on(["location"], ({ location }) => things(location.things, act));
  store.on(["location", "ground"], ({ location, ground }) => lying(ground, location.more_items, act));
  store.on(["location", "players", "ground"], ({ location, players, ground }) => {
    $("nothing-here").hidden = location.npcs.length + location.things.length + players.length + ground.length > 0;
  });
}

/** @type {(state: State, act: Act, draft: Draft) => void} */
function people({ location, players }, act, draft) {
  const all = [
    ...players.map((player) => ({ key: `p${player.id}`, player })),
    ...location.npcs.map((npc) => ({ key: `n${npc.id}${npc.instance ?? ""}`, npc })),
    ...more(location.more_players).map((one) => ({ key: "more", ...one })),
  ];
  $("people-here").hidden = all.length === 0;
  keyed($("people-list"), all, (one) => one.key,
    (one) => ("more" in one ? moreRow("more-players") : "player" in one ? playerRow(one.player, act, draft) : npcRow(one.npc, act)),
    (row, one) => {
      if ("more" in one) return text(row, `and ${one.more} more`);
      if ("npc" in one) return text(part(row, ".note"), one.npc.health || one.npc.disposition);
      const away = Boolean(one.player.linkdead);
      row.classList.toggle("linkdead", away);
      text(part(row, ".note"), away ? "far away" : "");
    });
}

/** @type {(number: number) => More[]} */
const more = (number) => (number ? [{ more: number }] : []);

/** @type {(testid: string) => HTMLElement} */
const moreRow = (testid) => h("li.row.faint", { testid });

/** @type {(player: PlayerView, act: Act, draft: Draft) => HTMLElement} */
function playerRow({ id, name }, act, draft) {
  return h("li.row", { testid: `player-${id}` },
    button(name, "look", () => act({ type: "look", target: name }, `look ${name}`), "no"),
    h("span.note"),
    small("whisper", `Whisper to ${name}`, () => draft(`whisper ${name} `)));
}

/** @type {(npc: NpcView, act: Act) => HTMLElement} */
function npcRow({ id, name, disposition, instance, talks, trades }, act) {
  return h("li.row", { testid: `npc-${id}`, "data-disposition": disposition },
    button(name, "look", () => act({ type: "look", target: instance ? `npc:${instance}` : id }, `look ${name}`)),
    h("span.note", {}, disposition),
    talks ? small("talk", `Talk with ${name}`, () => act({ type: "talk", to: id }, `talk ${name}`), `talk-${id}`) : null,
    disposition === "hostile" && instance ? small("attack", `Attack ${name}`, () => act({ type: "attack", target: `npc:${instance}` }, `attack ${name}`), `attack-${id}`) : null,
    trades ? small("trade", `Trade with ${name}`, () => act({ type: "list", trader: id }, `list ${name}`), `trade-${id}`) : null);
}

/** @type {(list: ThingView[], act: Act) => void} */
function things(list, act) {
  $("things-here").hidden = list.length === 0;
  keyed($("thing-list"), list, (thing) => `${thing.id}${thing.searchable}`, ({ id, name, searchable }) => {
    const look = () => act({ type: "look", target: id }, `look ${name}`);
    const search = () => act({ type: "search", target: id }, `search ${name}`);
    return h("li.row", { testid: `thing-${id}` },
      button(name, "look", look),
      searchable ? small("search", `Search ${name}`, search, `search-${id}`) : null);
  });
}

/** @type {(ground: Item[], others: number, act: Act) => void} */
function lying(ground, others, act) {
  $("ground-here").hidden = ground.length === 0;
  keyed($("ground-list"), [...ground, ...more(others)], (one) => ("more" in one ? "more" : one.id),
    (one) => ("more" in one ? moreRow("more-items") : groundRow(one, act)),
    (row, one) => {
      if ("more" in one) return text(row, `and ${one.more} more`);
      text(part(row, ".name"), named(one));
      const take = part(row, "[data-testid^=ground]");
      take.title = one.description ?? "";
      part(row, ".some").hidden = one.quantity < 2;
      row.dataset.quantity = String(one.quantity);
    });
}

/** @type {(item: Item, act: Act) => HTMLElement} */
function groundRow({ id, name, template }, act) {
  /** @type {(quantity?: number) => void} */
  const take = (quantity) =>
    act({ type: "pick_up", item: String(id), ...(quantity && { quantity }) }, `take ${quantity ? `${quantity} ` : ""}${name}`);
  const row = h("li.row", {});
  const some = quantityPanel("take", () => Number(row.dataset.quantity), take);
  const all = h("button.row-name", { type: "button", testid: `ground-item-${id}`, "data-template": template, on: { click: () => take() } },
    h("span.name", { dir: "auto" }, name), " ", h("span.verb", {}, "take"));
  row.append(all, some.toggle, some.panel);
  return row;
}

/**
 * The name of something, which does the obvious with it. A player's name is not for a translator.
 * @type {(name: string, verb: string, click: () => void, translate?: "no") => HTMLElement}
 */
function button(name, verb, click, translate) {
  return h("button.row-name", { type: "button", on: { click } },
    h("span.name", { dir: "auto", translate }, name), " ", h("span.verb", {}, verb));
}

/** @type {(label: string, aria: string, click: () => void, testid?: string) => HTMLElement} */
function small(label, aria, click, testid) {
  return h("button.chip", { type: "button", "aria-label": aria, testid, on: { click } }, label);
}
