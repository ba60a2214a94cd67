// The survey: what has been explored, drawn as a sketch. Streets are ink, ruins are hatched, the own character is the ember.

import { s } from "./dom.js";
import { hand, stroke, box, hatch, ring } from "./sketch.js";

/** @import { Spot } from "./sketch.js" */
/** @import { PlaceView } from "./wire.d.ts" */
/** @typedef {Spot & { place: PlaceView }} Point a place and where it is drawn */
/** @typedef {Map<string, Point>} Points by the place's id */

export const CELL = 92;
const NAME_LENGTH = 13;

/** Screen coordinates of the places; the city's y grows to the north. @type {(map: PlaceView[]) => Points} */
export function plot(map) {
  const unit = unitOf(map);
  return new Map(map.map((place) => [place.id, { place, x: (place.x / unit) * CELL, y: (-place.y / unit) * CELL }]));
}

/** The shortest street decides the scale. @type {(map: PlaceView[]) => number} */
function unitOf(map) {
  const byId = new Map(map.map((place) => [place.id, place]));
  const lengths = map.flatMap((place) => Object.values(place.exits ?? {}).flatMap((id) => {
    const other = byId.get(id);
    const length = other ? Math.max(Math.abs(other.x - place.x), Math.abs(other.y - place.y)) : 0;
    return length > 0 ? [length] : [];
  }));
  return lengths.length ? Math.min(...lengths) : 1;
}

/**
 * All layers of the sketch as one group. `walk(id)` is called when a neighbouring place, one of those `near`, is clicked.
 * @type {(points: Points, hereId: string, near: Set<string>, walk: (id: string) => void) => SVGGElement}
 */
export function sketch(points, hereId, near, walk) {
  return s("g", {}, ruins(points), streets(points), marks(points, hereId, near, walk), ember(points.get(hereId)));
}

/** Burnt blocks between the streets around every explored place. @type {(points: Points) => SVGElement} */
function ruins(points) {
  const explored = [...points.values()].filter(({ place }) => place.explored);
  const taken = new Set([...points.values()].map(({ x, y }) => `${Math.round(x)},${Math.round(y)}`));
  const blocks = new Map();
  for (const { x, y, place } of explored) {
    for (const [dx, dy] of [[-1, -1], [1, -1], [1, 1], [-1, 1]]) {
      const [bx, by] = [Math.round(x + (dx * CELL) / 2), Math.round(y + (dy * CELL) / 2)];
      const key = `${bx},${by}`;
      if (!taken.has(key)) blocks.set(key, { bx, by, danger: Math.max(place.danger_level ?? 0, blocks.get(key)?.danger ?? 0) });
    }
  }
  const diagonal = diagonals(points);
  return s("g.ruins", {}, [...blocks].filter(([key]) => !diagonal.has(key)).map(([key, block]) => ruin(key, block)));
}

/** @type {(key: string, block: { bx: number, by: number, danger: number }) => SVGElement} */
function ruin(key, { bx, by, danger }) {
  const random = hand(`ruin ${key}`);
  const width = CELL * (0.42 + random() * 0.16);
  const height = CELL * (0.42 + random() * 0.16);
  const [x, y] = [bx + (random() - 0.5) * 8, by + (random() - 0.5) * 8];
  return s("g", {},
    s("path.hatch", { d: hatch(x, y, width, height, 8 - Math.min(danger, 4), random) }),
    s("path.wall", { d: box(x, y, width, height, random) }));
}

/** Middles of slanting streets: no ruin may stand there. @type {(points: Points) => Set<string>} */
function diagonals(points) {
  const middles = new Set();
  for (const [a, b] of pairs(points)) {
    if (a.x !== b.x && a.y !== b.y) middles.add(`${Math.round((a.x + b.x) / 2)},${Math.round((a.y + b.y) / 2)}`);
  }
  return middles;
}

/** Each pair of joined places once. @type {(points: Points) => [Point, Point][]} */
function pairs(points) {
  /** @type {Map<string, [Point, Point]>} */
  const joined = new Map();
  for (const [id, point] of points) {
    for (const to of Object.values(point.place.exits ?? {})) {
      const other = points.get(to);
      if (other) joined.set([id, to].sort().join(" "), [point, other]);
    }
  }
  return [...joined.values()];
}

/** @type {(points: Points) => SVGElement} */
function streets(points) {
  return s("g.streets", {}, pairs(points).map(([a, b]) => {
    const known = a.place.explored && b.place.explored;
    return s(known ? "path" : "path.dashed", { d: stroke(a, b, hand(`${a.place.id} ${b.place.id}`), 4) });
  }));
}

/** @type {(points: Points, hereId: string, near: Set<string>, walk: (id: string) => void) => SVGElement} */
function marks(points, hereId, near, walk) {
  return s("g.marks", {}, [...points.values()].map(({ place, x, y }) => {
    const random = hand(place.id);
    const reachable = near.has(place.id);
    const shape = place.explored
      ? [s("path.spot", { d: ring(x, y, 6.5, random) }), label(place.name ?? "", x, y, place.id === hereId)]
      : [s("path.unknown", { d: ring(x, y, 9, random) }), s("text.query", { x, y: y + 4.5 }, "?")];
    const group = s(reachable ? "g.near" : "g", {}, reachable ? s("circle.reach", { cx: x, cy: y, r: 24 }) : null, ...shape);
    if (reachable) group.addEventListener("click", () => walk(place.id));
    return group;
  }));
}

/**
 * A name below its spot, on two lines when it is long.
 * @type {(name: string, x: number, y: number, here: boolean) => SVGElement}
 */
function label(name, x, y, here) {
  const lines = wrap(name);
  return s(here ? "text.name.current" : "text.name", { x, y: y + 20 },
    lines.map((line, index) => s("tspan", { x, dy: index ? 11 : 0 }, line)));
}

/** @type {(name: string) => string[]} */
export function wrap(name) {
  if (name.length <= NAME_LENGTH || !name.includes(" ")) return [name];
  const middle = name.length / 2;
  const spaces = [...name.matchAll(/ /g)].map((match) => match.index);
  const at = spaces.reduce((best, each) => (Math.abs(each - middle) < Math.abs(best - middle) ? each : best));
  return [name.slice(0, at), name.slice(at + 1)];
}

/** @type {(point: Point | undefined) => SVGElement | null} */
function ember(point) {
  if (!point) return null;
  const { x, y } = point;
  return s("g.ember", {}, s("circle.halo", { cx: x, cy: y, r: 26, fill: "url(#ember-glow)" }), s("circle.core", { cx: x, cy: y, r: 5 }));
}

export function definitions() {
  /** @type {(offset: string, opacity: number) => SVGElement} */
  const stop = (offset, opacity) => s("stop", { offset, "stop-color": "#d9531e", "stop-opacity": opacity });
  return s("defs", {}, s("radialGradient", { id: "ember-glow" }, stop("0", 0.75), stop("0.45", 0.28), stop("1", 0)));
}
