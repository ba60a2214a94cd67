// A surveyor's hand: wobbly lines, hatching and dots as SVG path data. The same seed always draws the same stroke.

/** @typedef {{ x: number, y: number }} Spot */
/** @typedef {() => number} Random a source of numbers from 0 to 1 */

/** A repeatable source of numbers, seeded by a string. @type {(seed: string) => Random} */
export function hand(seed) {
  let state = 2166136261;
  for (let index = 0; index < seed.length; index += 1) state = Math.imul(state ^ seed.charCodeAt(index), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** @type {(value: number) => number} */
const round = (value) => Math.round(value * 10) / 10;
/** @type {(random: Random, reach: number) => number} */
const shake = (random, reach) => (random() - 0.5) * 2 * reach;

/**
 * A line that a hand drew from a to b: bowed a little, never quite straight.
 * @type {(a: Spot, b: Spot, random: Random, reach?: number) => string}
 */
export function stroke(a, b, random, reach = 2.5) {
  const thirds = [1 / 3, 2 / 3].map((part) => ({
    x: round(a.x + (b.x - a.x) * part + shake(random, reach)),
    y: round(a.y + (b.y - a.y) * part + shake(random, reach)),
  }));
  return `M${round(a.x)} ${round(a.y)}C${thirds[0].x} ${thirds[0].y} ${thirds[1].x} ${thirds[1].y} ${round(b.x)} ${round(b.y)}`;
}

/**
 * A rectangle around (x, y), its corners overdrawn and not quite square.
 * @type {(x: number, y: number, width: number, height: number, random: Random) => string}
 */
export function box(x, y, width, height, random) {
  const [w, t] = [width / 2, height / 2];
  const corners = [[-w, -t], [w, -t], [w, t], [-w, t]].map(([dx, dy]) => ({
    x: x + dx + shake(random, 1.6),
    y: y + dy + shake(random, 1.6),
  }));
  return corners.map((corner, index) => stroke(corner, corners[(index + 1) % 4], random, 1)).join("");
}

/**
 * Diagonal hatching inside a rectangle around (x, y), `gap` apart.
 * @type {(x: number, y: number, width: number, height: number, gap: number, random: Random) => string}
 */
export function hatch(x, y, width, height, gap, random) {
  const [left, top, right, bottom] = [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
  const lines = [];
  for (let sum = left + top + gap / 2; sum < right + bottom; sum += gap) {
    const c = sum + shake(random, gap / 5);
    const from = { x: Math.max(left, c - bottom), y: 0 };
    const to = { x: Math.min(right, c - top), y: 0 };
    from.y = c - from.x;
    to.y = c - to.x;
    if (to.x - from.x > 2 && random() > 0.06) {
      lines.push(`M${round(from.x)} ${round(from.y)}L${round(to.x - random() * 1.5)} ${round(to.y + random() * 1.5)}`);
    }
  }
  return lines.join("");
}

/** A small ring. @type {(x: number, y: number, radius: number, random: Random) => string} */
export function ring(x, y, radius, random) {
  const points = Array.from({ length: 7 }, (_, index) => {
    const angle = (index / 6) * Math.PI * 2 + 0.3;
    const reach = radius + shake(random, radius * 0.12);
    return `${round(x + Math.cos(angle) * reach)} ${round(y + Math.sin(angle) * reach)}`;
  });
  return points.map((point, index) => {
    if (index === 0) return `M${point}`;
    return `A${radius} ${radius} 0 0 1 ${point}`;
  }).join("");
}
