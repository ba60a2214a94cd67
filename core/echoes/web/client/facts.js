// How facts combine: each is absolute and carries a version; the newer one wins, in any order of arrival.

/** @import { Load } from "./state.js" */
/** @import { EffectView, ItemView, PlaceView, You } from "./wire.d.ts" */
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
  const { hp, max_hp, hp_at = you.at } = you;
  const points = Math.floor(grown(you, hp_at, (nowMs - skewMs) / 1000, "hp_per_minute") + 1e-6);
  return Math.max(hp, Math.min(max_hp, hp + points));
}

/**
 * Stamina at this moment: it grows by itself up to its maximum. Times are those of `performance.now`, which nobody sets.
 * @type {(you: You, skewMs: number, nowMs?: number) => number}
 */
export function staminaNow(you, skewMs, nowMs = performance.now()) {
  return Math.min(you.max_stamina, Math.max(0, you.stamina + grown(you, you.at, (nowMs - skewMs) / 1000, "stamina_per_minute")));
}

/**
 * What grows between two moments (Unix seconds): the pace changes when an effect is over.
 * @type {(you: You, since: number, now: number, what: "hp_per_minute" | "stamina_per_minute") => number}
 */
function grown(you, since, now, what) {
  let [total, start, pace] = [0, since, you[what] ?? 0];
  for (const next of [...(you.later ?? []), { at: Infinity, hp_per_minute: 0, stamina_per_minute: 0 }]) {
    const end = Math.min(now, next.at);
    if (end > start) {
      total += ((end - start) * pace) / 60;
      start = end;
    }
    pace = next[what];
  }
  return total;
}

/**
 * The effects at this moment, each with the seconds that are left (0: it has no end of its own), and the conditions that hold.
 * @type {(you: You, conditions: EffectView[], load: Load, skewMs: number, nowMs?: number) => { effect: EffectView, left: number }[]}
 */
export function effectsNow(you, conditions, load, skewMs, nowMs = performance.now()) {
  const now = (nowMs - skewMs) / 1000;
  const carried = Math.max(load.weight / (load.max_weight || 1), load.volume / (load.max_volume || 1));
  const tired = staminaNow(you, skewMs, nowMs) / you.max_stamina;
  const holds = conditions.filter((one) => (one.load_above && carried > one.load_above) || (one.stamina_below && tired < one.stamina_below));
  const lasting = (you.effects ?? []).filter((one) => !one.until || one.until > now);
  return [...lasting, ...holds].map((effect) => ({ effect, left: effect.until ? Math.ceil(effect.until - now) : 0 }));
}
