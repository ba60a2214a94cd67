import assert from "node:assert/strict";
import { test } from "node:test";
import { effectsNow, healthNow, mergeItems, mergeMap, newerYou, replaceItems, staminaNow } from "../../../core/echoes/web/client/facts.js";

const thing = (id, version, quantity = 1, name = `thing ${id}`) => ({ id, version, quantity, name });
const you = (version, at = 100) => ({ id: 7, version, at, stamina: 10, max_stamina: 50, stamina_per_minute: 6 });

test("an older fact is ignored, in whatever order facts come", () => {
  const seen = new Map();
  const newer = mergeItems([], [thing(1, 5, 3)], seen);
  assert.deepEqual(mergeItems(newer, [thing(1, 4, 9)], seen), newer);
  assert.equal(mergeItems(newer, [thing(1, 6, 2)], seen)[0].quantity, 2);
});

test("a thing that is gone does not come back with an older fact", () => {
  const seen = new Map();
  const gone = mergeItems([thing(1, 1)], [{ id: 1, version: 3, quantity: 0 }], seen);
  assert.deepEqual(gone, []);
  assert.deepEqual(mergeItems(gone, [thing(1, 2)], seen), []);
});

test("a fact without a name keeps what was known; of an unknown thing the name is empty", () => {
  const [known] = mergeItems([{ ...thing(1, 1), weight: 2 }], [{ id: 1, version: 2, quantity: 4 }], new Map());
  assert.deepEqual(known, { id: 1, version: 2, quantity: 4, name: "thing 1", weight: 2 });
  const [unknown] = mergeItems([], [{ id: 2, version: 1, quantity: 1 }], new Map());
  assert.equal(unknown.name, "");
});

test("items are sorted by name, then by age", () => {
  const list = mergeItems([], [thing(3, 1, 1, "b"), thing(2, 1, 1, "b"), thing(9, 1, 1, "a")], new Map());
  assert.deepEqual(list.map((item) => item.id), [9, 2, 3]);
});

test("a view removes what it does not name, and does not undo a newer fact", () => {
  const seen = new Map();
  const known = mergeItems([], [thing(1, 5, 3), thing(2, 1)], seen);
  const after = replaceItems(known, [thing(1, 4, 9), thing(3, 1)], seen);
  assert.deepEqual(after.map((item) => [item.id, item.quantity]), [[1, 3], [3, 1]]);
});

test("versions that were seen are bounded: the oldest are forgotten", () => {
  const seen = new Map();
  for (let id = 1; id <= 4100; id += 1) mergeItems([], [thing(id, 1)], seen);
  assert.equal(seen.size, 4000);
  assert.equal(seen.has(100), false);
  assert.equal(seen.has(4100), true);
});

test("oneself: a newer version counts, of the same version the later moment, another character always", () => {
  assert.equal(newerYou(null, you(1)), true);
  assert.equal(newerYou(you(2), you(1)), false);
  assert.equal(newerYou(you(2), you(3)), true);
  assert.equal(newerYou(you(2, 100), you(2, 99)), false);
  assert.equal(newerYou(you(2, 100), you(2, 100)), true);
  assert.equal(newerYou(you(9), { ...you(1), id: 8 }), true);
});

test("explored places never become unexplored again", () => {
  const explored = { id: "a", x: 0, y: 0, explored: true, name: "Yard" };
  assert.deepEqual(mergeMap([explored], [{ id: "a", x: 0, y: 0 }, { id: "b", x: 1, y: 0 }]), [explored, { id: "b", x: 1, y: 0 }]);
  assert.deepEqual(mergeMap([{ id: "a", x: 0, y: 0 }], [explored]), [explored]);
});

test("stamina grows with time up to its maximum, by the server's clock", () => {
  assert.equal(staminaNow(you(1), 0, 160_000), 16);
  assert.equal(staminaNow(you(1), 60_000, 160_000), 10);
  assert.equal(staminaNow(you(1), 0, 9_000_000), 50);
  assert.equal(staminaNow(you(1), 0, 0), 10);
});

test("health grows by whole points from its own moment, as the server counts it; a fight stops it", () => {
  const hurt = { ...you(1), hp: 30, max_hp: 50, hp_per_minute: 3, hp_at: 95 };
  assert.equal(healthNow(hurt, 0, 100_000), 30);
  assert.equal(healthNow(hurt, 0, 114_999), 30);
  assert.equal(healthNow(hurt, 0, 115_000), 31);
  assert.equal(healthNow(hurt, 60_000, 175_000), 31);
  assert.equal(healthNow(hurt, 0, 9_000_000), 50);
  assert.equal(healthNow(hurt, 0, 0), 30);
  assert.equal(healthNow({ ...hurt, hp_per_minute: 0 }, 0, 9_000_000), 30);
  assert.equal(healthNow({ ...you(1), hp: 30, max_hp: 50 }, 0, 9_000_000), 30);
});

test("paces change when an effect is over", () => {
  const later = [{ at: 160, hp_per_minute: 6, stamina_per_minute: 60 }];
  const bled = { ...you(1), hp: 30, max_hp: 50, hp_per_minute: 0, hp_at: 100, later };
  assert.equal(healthNow(bled, 0, 160_000), 30);
  assert.equal(healthNow(bled, 0, 180_000), 32);
  assert.equal(staminaNow({ ...bled, max_stamina: 500 }, 0, 220_000), 10 + 6 + 60);
});

test("effects are over at their moment; conditions follow from load and stamina", () => {
  const wet = { id: "soaked", name: "soaked", until: 161.2 };
  const cursed = { id: "cursed", name: "cursed" };
  const conditions = [{ id: "laden", name: "laden", load_above: 0.8 }, { id: "spent", name: "spent", stamina_below: 0.1 }];
  const load = { weight: 9, max_weight: 10, volume: 0, max_volume: 10 };
  const ids = (now, carried, who = {}) =>
    effectsNow({ ...you(1), effects: [wet, cursed], ...who }, conditions, carried, 0, now).map(({ effect, left }) => [effect.id, left]);
  assert.deepEqual(ids(160_000, { ...load, weight: 8 }), [["soaked", 2], ["cursed", 0]]);
  assert.deepEqual(ids(161_200, load), [["cursed", 0], ["laden", 0]]);
  assert.deepEqual(ids(100_000, { ...load, weight: 1 }, { stamina: 4 }), [["soaked", 62], ["cursed", 0], ["spent", 0]]);
  assert.deepEqual(ids(100_000, { weight: 0, max_weight: 0, volume: 0, max_volume: 0 }), [["soaked", 62], ["cursed", 0]]);
});

test("stamina does not follow this machine's clock when somebody sets it", () => {
  const real = Date.now;
  const before = staminaNow(you(1), performance.now() - 160_000);
  Date.now = () => real() + 3_600_000;
  try {
    assert.ok(Math.abs(staminaNow(you(1), performance.now() - 160_000) - before) < 1);
    assert.ok(staminaNow({ ...you(1), at: performance.now() / 1000 }, 0) < 11);
  } finally {
    Date.now = real;
  }
});
