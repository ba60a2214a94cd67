import assert from "node:assert/strict";
import { test } from "node:test";
import { commandsOf, MOST } from "../../../core/echoes/web/client/lines.js";

const commands = [
  { name: "say", usage: "say <words>", summary: "", aliases: [], speaks: true },
  { name: "emote", usage: "emote <words>", summary: "", aliases: ["me"], speaks: true },
  { name: "look", usage: "look", summary: "", aliases: ["l"] },
];
const of = (text, last = "") => commandsOf(text, last, commands);

test("a semicolon parts commands, and a row of directions is several", () => {
  assert.deepEqual(of("n;n; look lamp ;"), ["n", "n", "look lamp"]);
  assert.deepEqual(of("n n e"), ["n", "n", "e"]);
  assert.deepEqual(of("look；n n"), ["look", "n", "n"]);
  assert.deepEqual(of("get a and b"), ["get a and b"]);
  assert.deepEqual(of(" ; "), []);
});

test("words that are spoken keep their semicolons", () => {
  for (const line of ["say a; b", "me waves; leaves", "'well; no", "“a; b”", ":nods; smiles"]) assert.deepEqual(of(line), [line]);
  assert.deepEqual(of("n; say a; b"), ["n", "say a; b"]);
});

test("again stands for the line before, and for nothing when there is none", () => {
  assert.deepEqual(of("again", "go to market"), ["go to market"]);
  assert.deepEqual(of("G", "n;e"), ["n", "e"]);
  assert.deepEqual(of("again"), ["again"]);
});

test("of very many the first are sent", () => {
  assert.equal(of("n;".repeat(50)).length, MOST);
});
