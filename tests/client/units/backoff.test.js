import assert from "node:assert/strict";
import { test } from "node:test";
import { ending, isFinal, retryDelay } from "../../../core/echoes/web/client/backoff.js";

test("the bound doubles from half a second to twenty; the delay is anywhere below it", () => {
  assert.deepEqual([0, 1, 5, 6, 99].map((attempt) => retryDelay(attempt, 1006, () => 1)), [500, 1000, 16_000, 20_000, 20_000]);
  assert.equal(retryDelay(3, 1006, () => 0), 0);
});

test("after a flood it is five seconds more", () => {
  assert.equal(retryDelay(0, 4009, () => 0.5), 5250);
});

test("codes from 4500 to 4999 end a connection", () => {
  assert.deepEqual([1006, 1012, 4009, 4499, 4500, 4504, 4999, 5000].map(isFinal), [false, false, false, false, true, true, true, false]);
});

test("an ending that is not known is told by the server's reason, else by its number", () => {
  assert.equal(ending(4501).action, "again");
  assert.equal(ending(4599, "Too old.").text, "Too old.");
  assert.deepEqual([ending(4506, "Be kind.").text, ending(4506, "Be kind.").action], ["Be kind.", "again"]);
  assert.match(ending(4505).text, /banned/);
  assert.match(ending(4599).text, /4599/);
});
