// The survey for who does not see it: the ways from here, then every explored place, as lists.

import { $, h } from "./dom.js";
import { byCompass, capital, dangerWord } from "./words.js";

/** @import { State, Store } from "./state.js" */
/** @import { ExitView, PlaceView } from "./wire.d.ts" */
/** @typedef {Map<string, PlaceView>} Places by their id */

/** @type {(store: Store) => void} */
export function showMapWords(store) {
  store.on(["map", "location"], (state) => {
    const { ways, others } = survey(state);
    /** @type {(lines: string[]) => HTMLElement} */
    const list = (lines) => h("ul", {}, lines.map((line) => h("li", {}, line)));
    $("map-words").replaceChildren(
      h("h3", {}, `From ${state.location.name}`),
      list(ways),
      ...(others.length ? [h("h3", {}, "Also explored"), list(others)] : []),
    );
  });
}

/**
 * A sentence for each way from here, and for each other place that was explored.
 * @type {(state: Pick<State, "map" | "location">) => { ways: string[], others: string[] }}
 */
export function survey({ map, location }) {
  const places = new Map(map.map((place) => [place.id, place]));
  const others = map
    .filter((place) => place.explored && place.id !== location.id)
    .sort((a, b) => (a.name ?? "").localeCompare(b.name ?? ""));
  return {
    ways: [...location.exits].sort(byCompass).map((exit) => way(exit, places)),
    others: others.map((place) => elsewhere(place, places)),
  };
}

/** @type {(exit: ExitView, places: Places) => string} */
function way({ direction, to, name, stamina }, places) {
  const place = places.get(to);
  const known = name || place?.name;
  return `${capital(direction)}: ${known ? `${known}, explored` : "unexplored"}, ${stamina} stamina`;
}

/** @type {(place: PlaceView, places: Places) => string} */
function elsewhere({ name, district = "", danger_level = 0, exits = {} }, places) {
  const ways = Object.entries(exits)
    .map(([direction, to]) => ({ direction, name: places.get(to)?.name || "unexplored" }))
    .sort(byCompass)
    .map((exit) => `${exit.direction} ${exit.name}`);
  return `${name} (${[district, dangerWord(danger_level)].filter(Boolean).join(", ")}): ${ways.join("; ")}`;
}
