// Who and what is here: people, fixed things, things lying about.

import { $, h, keyed, text } from "./dom.js";
import { named } from "./words.js";
import { quantityPanel } from "./quantity.js";

/** `act(command, text)` sends; `draft(text)` puts the beginning of a command into the command line. */
export function showHere(store, act, draft) {
  store.on(["location", "players"], (state) => people(state, act, draft));
  store.on(["location"], ({ location }) => things(location.things, act));
  store.on(["location", "ground"], ({ location, ground }) => lying(ground, location?.more_items, act));
  store.on(["location", "players", "ground"], ({ location, players, ground }) => {
    $("nothing-here").hidden = location.npcs.length + location.things.length + players.length + ground.length > 0;
  });
}

function people({ location, players }, act, draft) {
  const all = [
    ...players.map((player) => ({ key: `p${player.id}`, player })),
    ...location.npcs.map((npc) => ({ key: `n${npc.id}`, npc })),
    ...more(location.more_players),
  ];
  $("people-here").hidden = all.length === 0;
  keyed($("people-list"), all, (one) => one.key,
    (one) => (one.more ? moreRow("more-players") : one.player ? playerRow(one.player, act, draft) : npcRow(one.npc, act)),
    (row, one) => {
      if (one.more) text(row, `and ${one.more} more`);
      const away = Boolean(one.player?.linkdead);
      row.classList.toggle("linkdead", away);
      if (one.player) text(row.querySelector(".note"), away ? "far away" : "");
    });
}

/** What a view only counts, as the last entry of its list. */
const more = (number) => (number ? [{ key: "more", more: number }] : []);

const moreRow = (testid) => h("li.row.faint", { testid });

function playerRow({ id, name }, act, draft) {
  return h("li.row", { testid: `player-${id}` },
    button(name, "look", () => act({ type: "look", target: name }, `look ${name}`)),
    h("span.note"),
    small("whisper", `Whisper to ${name}`, () => draft(`whisper ${name} `)));
}

function npcRow({ id, name, disposition }, act) {
  return h("li.row", { testid: `npc-${id}`, "data-disposition": disposition },
    button(name, "look", () => act({ type: "look", target: id }, `look ${name}`)),
    h("span.note", {}, disposition));
}

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

function lying(ground, others, act) {
  $("ground-here").hidden = ground.length === 0;
  keyed($("ground-list"), [...ground, ...more(others)], (item) => item.id ?? item.key,
    (item) => (item.more ? moreRow("more-items") : groundRow(item, act)),
    (row, item) => {
      if (item.more) return text(row, `and ${item.more} more`);
      text(row.querySelector(".name"), named(item));
      const take = row.querySelector("[data-testid^=ground]");
      take.setAttribute("aria-label", `Take ${named(item)}`);
      take.title = item.description ?? "";
      row.querySelector(".some").hidden = item.quantity < 2;
      row.quantity = item.quantity;
    });
}

function groundRow({ id, name, template }, act) {
  const take = (quantity) =>
    act({ type: "pick_up", item: String(id), ...(quantity && { quantity }) }, `take ${quantity ? `${quantity} ` : ""}${name}`);
  const row = h("li.row", {});
  const some = quantityPanel("take", () => row.quantity, take);
  const all = h("button.row-name", { type: "button", testid: `ground-item-${id}`, "data-template": template, on: { click: () => take() } },
    h("span.name", { dir: "auto" }, name), h("span.verb", { "aria-hidden": "true" }, "take"));
  row.append(all, some.toggle, some.panel);
  return row;
}

/** The name of something, which does the obvious with it. */
function button(name, verb, click) {
  return h("button.row-name", { type: "button", "aria-label": `${verb} ${name}`, on: { click } },
    h("span.name", { dir: "auto" }, name), h("span.verb", { "aria-hidden": "true" }, verb));
}

function small(label, aria, click, testid) {
  return h("button.chip", { type: "button", "aria-label": aria, testid, on: { click } }, label);
}
