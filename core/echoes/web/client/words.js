// Fixed words of this client.

const ANGLES = { north: 0, northeast: 45, east: 90, southeast: 135, south: 180, southwest: 225, west: 270, northwest: 315 };
const ORDER = [
  "north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest", "up", "down", "in", "out",
];
const SHORT = {
  n: "north", ne: "northeast", e: "east", se: "southeast", s: "south", sw: "southwest", w: "west", nw: "northwest",
  u: "up", d: "down",
};
const DANGER = ["quiet", "watchful", "uneasy", "dangerous", "deadly", "lethal"];

/** Degrees clockwise from north, or null for ways that a compass does not know. */
export const angleOf = (direction) => ANGLES[direction] ?? null;
export const directionOf = (word) => SHORT[word] ?? word;
export const byCompass = (a, b) => order(a.direction) - order(b.direction);
export const dangerWord = (level) => DANGER[Math.min(level, DANGER.length - 1)];
export const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);
export const named = (item) => (item.quantity > 1 ? `${item.name} ×${item.quantity}` : item.name);
export const number = (value) => String(Math.round(value * 10) / 10);

function order(direction) {
  const index = ORDER.indexOf(direction);
  return index < 0 ? ORDER.length : index;
}
