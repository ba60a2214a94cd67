import assert from "node:assert/strict";
import { test } from "node:test";
import { angleOf, byCompass, capital, dangerWord, named, number } from "../../../core/echoes/web/client/words.js";

test("ways are sorted by the compass, then up and down, then what the compass does not know", () => {
  const ways = ["through", "down", "northwest", "north", "east"].map((direction) => ({ direction }));
  assert.deepEqual(ways.sort(byCompass).map((way) => way.direction), ["north", "east", "northwest", "down", "through"]);
});

test("a compass knows eight ways", () => {
  assert.equal(angleOf("southwest"), 225);
  assert.equal(angleOf("north"), 0);
  assert.equal(angleOf("up"), null);
});

test("danger beyond the worst is the worst", () => {
  assert.equal(dangerWord(0), "quiet");
  assert.equal(dangerWord(5), "lethal");
  assert.equal(dangerWord(99), "lethal");
});

test("a stack says how many; a thing without a name has an empty one", () => {
  assert.equal(named({ id: 1, version: 1, quantity: 3, name: "bandage" }), "bandage ×3");
  assert.equal(named({ id: 1, version: 1, quantity: 1, name: "lantern" }), "lantern");
  assert.equal(named({ id: 1, version: 1, quantity: 1 }), "");
});

test("numbers have one decimal at most", () => {
  assert.equal(number(2), "2");
  assert.equal(number(0.25), "0.3");
  assert.equal(number(1.96), "2");
  assert.equal(capital("north"), "North");
});
