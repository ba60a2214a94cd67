// How facts combine: each is absolute and carries a version; the newer one wins, in any order of arrival.

/** @import { ItemView, PlaceView, You } from "./wire.d.ts" */
/** @typedef {ItemView & { name: string }} Item a thing as the page knows it */
/** @typedef {Map<number, number>} Seen item id → the greatest version met */

const SEEN_LIMIT = 4000;

/**
 * `list` after `facts`. Quantity 0 removes. `seen` maps item id to the greatest version met so far, and is updated.
 * @type {(list: Item[], facts: ItemView[], seen: Seen) => Item[]}
 */
export function mergeItems(list, facts, seen) {
  const items = new Map(list.map((item) => [item.id, item]));
  for (const fact of facts) {
    if ((seen.get(fact.id) ?? 0) > fact.version) continue;
    seen.delete(fact.id);
    seen.set(fact.id, fact.version);
    if (fact.quantity === 0) items.delete(fact.id);
    else items.set(fact.id, fact.name ? { ...fact, name: fact.name } : { name: "", ...items.get(fact.id), ...fact });
  }
  forgetOldest(seen);
  return [...items.values()].sort((a, b) => a.name.localeCompare(b.name) || a.id - b.id);
}

/**
 * A whole view: what it does not name is gone; of what it names, a newer version already known is kept.
 * @type {(list: Item[], view: ItemView[], seen: Seen) => Item[]}
 */
export function replaceItems(list, view, seen) {
  const there = new Set(view.map((item) => item.id));
  return mergeItems(list.filter((item) => there.has(item.id)), view, seen);
}

/** @type {(seen: Seen) => void} */
function forgetOldest(seen) {
  for (const id of seen.keys()) {
    if (seen.size <= SEEN_LIMIT) return;
    seen.delete(id);
  }
}

/** Whether `next` says more about the own character than `known` does. @type {(known: You | null, next: You) => boolean} */
export function newerYou(known, next) {
  if (!known || known.id !== next.id) return true;
  return next.version > known.version || (next.version === known.version && next.at >= known.at);
}

/** Explored places never become unexplored again. @type {(known: PlaceView[], places: PlaceView[]) => PlaceView[]} */
export function mergeMap(known, places) {
  const map = new Map(known.map((place) => [place.id, place]));
  for (const place of places) {
    if (place.explored || !map.get(place.id)?.explored) map.set(place.id, place);
  }
  return [...map.values()];
}

/**
 * Health at this moment, in whole points: as the server counts it (`echoes.world.rules.health_at`).
 * @type {(you: You, skewMs: number, nowMs?: number) => number}
 */
export function healthNow(you, skewMs, nowMs = performance.now()) {
  const { hp, max_hp, hp_per_minute = 0, hp_at = you.at } = you;
  const minutes = Math.max(0, (nowMs - skewMs) / 1000 - hp_at) / 60;
  return Math.max(hp, Math.min(max_hp, hp + Math.floor(hp_per_minute * minutes + 1e-6)));
}

/**
 * Stamina at this moment: it grows by itself up to its maximum. Times are those of `performance.now`, which nobody sets.
 * @type {(you: You, skewMs: number, nowMs?: number) => number}
 */
export function staminaNow(you, skewMs, nowMs = performance.now()) {
  const minutes = Math.max(0, (nowMs - skewMs) / 1000 - you.at) / 60;
  return Math.min(you.max_stamina, Math.max(0, you.stamina + you.stamina_per_minute * minutes));
}
