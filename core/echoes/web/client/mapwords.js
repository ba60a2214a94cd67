// The survey for who does not see it: the ways from here, then every explored place, as lists.

import { $, h } from "./dom.js";
import { byCompass, capital, dangerWord } from "./words.js";

export function showMapWords(store) {
  store.on(["map", "location"], ({ map, location }) => {
    const places = new Map(map.map((place) => [place.id, place]));
    const others = map.filter((place) => place.explored && place.id !== location.id).sort((a, b) => a.name.localeCompare(b.name));
    $("map-words").replaceChildren(
      ...[
        h("h3", {}, `From ${location.name}`),
        h("ul", {}, [...location.exits].sort(byCompass).map((exit) => h("li", {}, way(exit, places)))),
        others.length ? h("h3", {}, "Also explored") : null,
        others.length ? h("ul", {}, others.map((place) => h("li", {}, elsewhere(place, places)))) : null,
      ].filter(Boolean),
    );
  });
}

function way({ direction, to, name, stamina }, places) {
  const place = places.get(to);
  const known = name || place?.name;
  return `${capital(direction)}: ${known ? `${known}, explored` : "unexplored"}, ${stamina} stamina`;
}

function elsewhere({ name, district = "", danger_level = 0, exits = {} }, places) {
  const ways = Object.entries(exits)
    .map(([direction, to]) => ({ direction, name: places.get(to)?.name || "unexplored" }))
    .sort(byCompass)
    .map((exit) => `${exit.direction} ${exit.name}`);
  return `${name} (${[district, dangerWord(danger_level)].filter(Boolean).join(", ")}): ${ways.join("; ")}`;
}
