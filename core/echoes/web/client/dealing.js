// Dealing with the city's people: the choices of a conversation, and a trader's goods. Everything here can be typed, too.

import { $, h, keyed, part, present, text } from "./dom.js";

/** @import { Act, State, Store } from "./state.js" */
/** @import { ChoiceView, GoodView, OfferView, TalkView } from "./wire.d.ts" */

/**
 * The choice that a key means: its number, while nothing is typed.
 * @type {(key: string, typed: string, talk: TalkView | null) => ChoiceView | null}
 */
export function choiceOf(key, typed, talk) {
  if (typed !== "" || !/^[1-9]$/.test(key)) return null;
  return talk?.choices?.[Number(key) - 1] ?? null;
}

/** What is shown of a price. @type {(price: number, number: number) => string} */
export const priced = (price, number) => (number ? `${price} scrap · ${number}` : "sold out");

/** `act` sends what a click or a key means. @type {(store: Store, act: Act) => void} */
export function showDealing(store, act) {
  store.on(["talk", "trade"], (state) => conversation(state, act));
  store.on(["trade"], (state) => goods(state, act));
  $("trade-close").addEventListener("click", () => store.trade(null));
  document.addEventListener("keydown", (event) => {
    const { activeElement } = document;
    const elsewhere = activeElement instanceof HTMLInputElement && activeElement !== $("command");
    if ($("game").hidden || elsewhere || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    if (document.querySelector("dialog[open]")) return;
    if ($("talk").offsetParent === null) return; // a choice that is not seen is not meant
    const choice = choiceOf(event.key, $("command").value, store.state.talk);
    if (!choice || !store.state.talk) return;
    event.preventDefault();
    choose(choice, store.state.talk, act);
  });
}

/** @type {(choice: ChoiceView, talk: TalkView, act: Act) => void} */
const choose = (choice, talk, act) => act({ type: "choose", choice: choice.id, passage: talk.passage }, choice.text);

/** @type {(state: State, act: Act) => void} */
function conversation({ talk, trade }, act) {
  const choices = talk?.choices ?? [];
  $("talk").hidden = choices.length === 0 || trade !== null; // one panel at a time, so that the story keeps its room
  text($("talk-title"), talk ? `Conversation with ${talk.name}` : "Conversation");
  $("choices").replaceChildren(...choices.map((choice) =>
    h("li", {}, h("button.choice", { type: "button", testid: `choice-${choice.id}`, on: { click: () => talk && choose(choice, talk, act) } }, choice.text))));
  const topics = talk?.topics ?? [];
  $("topics").replaceChildren(...(topics.length && talk ? [h("span.faint", {}, "ask about"), ...topics.flatMap((topic) => [" ", topicChip(topic, talk, act)])] : []));
}

/** @type {(topic: string, talk: TalkView, act: Act) => HTMLElement} */
const topicChip = (topic, talk, act) =>
  h("button.chip", { type: "button", on: { click: () => act({ type: "ask", to: talk.npc, about: topic }, `ask about ${topic}`) } }, topic);

/** @type {(state: State, act: Act) => void} */
function goods({ trade }, act) {
  $("trade").hidden = trade === null;
  if (trade === null) return;
  const { npc, name } = trade;
  text($("trade-title"), name);
  keyed($("goods"), trade.goods, (good) => `${npc}:${good.item}`, (good) => goodRow(good, npc, name, act), (row, good) => {
    text(part(row, ".note"), priced(good.price, good.stock));
    part(row, "button").toggleAttribute("disabled", good.stock === 0);
  });
  $("offers-title").hidden = trade.buys.length === 0;
  keyed($("offers"), trade.buys, (offer) => `${npc}:${offer.id}`, (offer) => offerRow(offer, npc, name, act), (row, offer) => {
    text(part(row, ".note"), priced(offer.price, offer.quantity));
  });
}

/** @type {(good: GoodView, npc: string, trader: string, act: Act) => HTMLElement} */
function goodRow(good, npc, trader, act) {
  const buy = () => act({ type: "buy", item: good.item, trader: npc }, `buy ${good.name} from ${trader}`);
  return h("li.row", { testid: `good-${good.item}`, title: good.description }, ...present([
    h("button.row-name", { type: "button", on: { click: buy } },
      h("span.name", { dir: "auto" }, good.name), " ", h("span.verb", {}, "buy")),
    h("span.note"),
  ]));
}

/** @type {(offer: OfferView, npc: string, trader: string, act: Act) => HTMLElement} */
function offerRow(offer, npc, trader, act) {
  const sell = () => act({ type: "sell", item: String(offer.id), trader: npc }, `sell ${offer.name} to ${trader}`);
  return h("li.row", { testid: `offer-${offer.id}` },
    h("button.row-name", { type: "button", on: { click: sell } },
      h("span.name", { dir: "auto" }, offer.name), " ", h("span.verb", {}, "sell")),
    h("span.note"));
}
