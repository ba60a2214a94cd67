// The fight panel's pure parts: whose fight it is, what an enemy is about to do, and which move a key means.

import assert from "node:assert/strict";
import { test } from "node:test";
import { intentOf, isMine, MOVES, moveOf, secondsLeft } from "../../../core/echoes/web/client/fight.js";

const HOUND = { id: "npc:3", name: "an ash hound", side: 1, hp: 9, max_hp: 16, intent: "heavy", target: "character:7" };
const MARA = { id: "character:7", name: "Mara", side: 0, hp: 40, max_hp: 50 };
const FIGHT = { id: 1, round: 2, until: 100, fighters: [MARA, HOUND] };

test("a fight is mine when my character is among the fighters", () => {
  assert.equal(isMine(FIGHT, 7), true);
  assert.equal(isMine(FIGHT, 8), false);
  assert.equal(isMine(null, 7), false);
});

test("an intent names its target, and a player has none", () => {
  assert.equal(intentOf(HOUND, FIGHT), "will strike hard at Mara");
  assert.equal(intentOf({ ...HOUND, intent: "defend", target: "" }, FIGHT), "guards");
  assert.equal(intentOf({ ...HOUND, intent: "call", target: "" }, FIGHT), "is about to call others");
  assert.equal(intentOf(MARA, FIGHT), "");
});

test("an intent that the page does not know is shown by its word", () => {
  assert.equal(intentOf({ ...HOUND, intent: "spit" }, FIGHT), "spit Mara");
});

test("a key is a move only in the own fight, and while nothing is typed", () => {
  assert.deepEqual(MOVES.map(({ key }) => moveOf(key, "", true)?.line), ["attack", "defend", "flee", "intents"]);
  assert.equal(moveOf("1", "say 1", true), null);
  assert.equal(moveOf("1", "", false), null);
  assert.equal(moveOf("9", "", true), null);
});

test("the seconds of a round are counted by the server's clock, and end at 0", () => {
  const skewMs = 5_000 - 85_500; // performance.now was 5 s when the server said 85.5 s
  assert.equal(secondsLeft(FIGHT, skewMs, 5_000), 15);
  assert.equal(secondsLeft(FIGHT, skewMs, 12_600), 7);
  assert.equal(secondsLeft(FIGHT, skewMs, 60_000), 0);
});
