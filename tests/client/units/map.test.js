import assert from "node:assert/strict";
import { test } from "node:test";
import { CELL, plot, wrap } from "../../../core/echoes/web/client/map.js";
import { survey } from "../../../core/echoes/web/client/mapwords.js";
import { box, hand, hatch, ring, stroke } from "../../../core/echoes/web/client/sketch.js";

const yard = { id: "yard", x: 0, y: 0, explored: true, name: "Kiln Yard", district: "Kilns", exits: { north: "gate", east: "pit" } };
const gate = { id: "gate", x: 0, y: 2, explored: true, name: "Gate", exits: { south: "yard" } };
const pit = { id: "pit", x: 4, y: 0 };

test("the shortest street is one cell; north is up", () => {
  const points = plot([yard, gate, pit]);
  assert.deepEqual([points.get("gate").x, points.get("gate").y], [0, -CELL]);
  assert.deepEqual([points.get("pit").x, Math.abs(points.get("pit").y)], [2 * CELL, 0]);
  assert.equal(plot([pit]).get("pit").x, 4 * CELL);
});

test("a long name is broken at the space nearest its middle", () => {
  assert.deepEqual(wrap("Kiln Yard"), ["Kiln Yard"]);
  assert.deepEqual(wrap("The House of the Clerks"), ["The House of", "the Clerks"]);
  assert.deepEqual(wrap("Unterwasserbahnhof"), ["Unterwasserbahnhof"]);
});

test("the survey in words names each way and each other place that was explored", () => {
  const exits = [{ direction: "east", to: "pit", stamina: 2 }, { direction: "north", to: "gate", stamina: 1 }];
  const { ways, others } = survey({ map: [yard, gate, pit], location: { id: "yard", exits } });
  assert.deepEqual(ways, ["North: Gate, explored, 1 stamina", "East: unexplored, 2 stamina"]);
  assert.deepEqual(others, ["Gate (quiet): south Kiln Yard"]);
});

test("the same seed draws the same strokes, another seed others", () => {
  const all = (seed) => [
    stroke({ x: 0, y: 0 }, { x: 9, y: 9 }, hand(seed)), box(0, 0, 40, 30, hand(seed)), hatch(0, 0, 40, 30, 6, hand(seed)), ring(5, 5, 9, hand(seed)),
  ];
  assert.deepEqual(all("yard"), all("yard"));
  all("yard").forEach((path, index) => {
    assert.notEqual(path, all("gate")[index]);
    assert.match(path, /^M[-\d. ]+[CLA]/);
    assert.doesNotMatch(path, /NaN/);
  });
});
