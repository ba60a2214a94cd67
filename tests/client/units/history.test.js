import assert from "node:assert/strict";
import { test } from "node:test";
import { History } from "../../../core/echoes/web/client/history.js";

test("up and down walk through what was typed, and give the draft back", () => {
  const history = new History();
  for (const line of ["look", "north", "north"]) history.add(line);
  assert.equal(history.walk(1, "dra"), null);
  assert.equal(history.walk(-1, "dra"), "north");
  assert.equal(history.walk(-1, "north"), "look");
  assert.equal(history.walk(-1, "look"), null);
  assert.equal(history.walk(1, "look"), "north");
  assert.equal(history.walk(1, "north"), "dra");
  assert.equal(history.walk(1, "dra"), null);
});

test("a hundred lines are kept, also for the page that comes after", () => {
  const history = new History();
  for (let count = 0; count < 150; count += 1) history.add(`say ${count}`);
  const after = new History();
  let oldest = "";
  for (let line = after.walk(-1, ""); line !== null; line = after.walk(-1, line)) oldest = line;
  assert.equal(oldest, "say 50");
});
