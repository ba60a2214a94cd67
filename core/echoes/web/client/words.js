// Fixed words of this client.

/** @import { ItemView } from "./wire.d.ts" */

/** @type {Record<string, number>} */
const ANGLES = { north: 0, northeast: 45, east: 90, southeast: 135, south: 180, southwest: 225, west: 270, northwest: 315 };
const ORDER = [
  "north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest", "up", "down", "in", "out",
];

const DANGER = ["quiet", "watchful", "uneasy", "dangerous", "deadly", "lethal"];

/** Degrees clockwise from north, or null for ways that a compass does not know. @type {(direction: string) => number | null} */
export const angleOf = (direction) => ANGLES[direction] ?? null;

/** Sorts ways. @type {(a: { direction: string }, b: { direction: string }) => number} */
export const byCompass = (a, b) => order(a.direction) - order(b.direction);
/** How names are compared. @type {(name: string) => string} */
export const folded = (name) => name.normalize("NFKC").trim().toLocaleLowerCase("en");
/** @type {(level: number) => string} */
export const dangerWord = (level) => DANGER[Math.min(level, DANGER.length - 1)];
/** @type {(word: string) => string} */
export const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);
/** @type {(item: ItemView) => string} */
export const named = ({ name = "", quantity }) => (quantity > 1 ? `${name} ×${quantity}` : name);
/** With one decimal at most. @type {(value: number) => string} */
export const number = (value) => String(Math.round(value * 10) / 10);

/** @type {(direction: string) => number} */
function order(direction) {
  const index = ORDER.indexOf(direction);
  return index < 0 ? ORDER.length : index;
}
