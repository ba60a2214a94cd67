import assert from "node:assert/strict";
import { test } from "node:test";
import { linesOf } from "../../../core/echoes/web/client/pasted.js";
import { within } from "../../../core/echoes/web/client/quantity.js";

test("every separator of Unicode ends a line; empty lines are none", () => {
  assert.deepEqual(linesOf("look\r\n\r\n north \u2028say hello\u0085i\n"), ["look", "north", "say hello", "i"]);
  assert.deepEqual(linesOf(" \n "), []);
});

test("a quantity is a whole number of the stack", () => {
  assert.deepEqual(["3", "2.9", "99", "0", "-4", "", "many"].map((typed) => within(typed, 5)), [3, 2, 5, 1, 1, 1, 1]);
});
