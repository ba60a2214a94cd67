import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Journey, interrupts, isSafe } from "../../../core/echoes/web/client/journey.js";

const LONG = 60_000;
let safe = true;
const walker = () => {
  const steps = [];
  const journey = new Journey({ step: (line) => steps.push(line), isSafe: () => safe, stopped: () => steps.push("stopped") });
  return { journey, steps };
};

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  safe = true;
});

test("each step is sent after the reply of the one before, and none at the goal", () => {
  const { journey, steps } = walker();
  journey.begin();
  journey.next("go to market");
  assert.deepEqual(steps, []);
  mock.timers.tick(LONG);
  assert.deepEqual(steps, ["go to market"]);
  journey.begin();
  journey.next("");
  mock.timers.tick(LONG);
  assert.deepEqual(steps, ["go to market"]);
});

test("another command of the player ends it without a word", () => {
  const { journey, steps } = walker();
  journey.begin();
  journey.next("go to market");
  journey.begin();
  mock.timers.tick(LONG);
  assert.deepEqual(steps, []);
});

test("what happens while a step waits, or is on its way to the server, ends it once", () => {
  const { journey, steps } = walker();
  journey.begin();
  journey.next("go to market");
  journey.interrupt();
  journey.interrupt();
  mock.timers.tick(LONG);
  assert.deepEqual(steps, ["stopped"]);
  journey.begin();
  journey.interrupt();
  journey.next("go to market");
  mock.timers.tick(LONG);
  assert.deepEqual(steps, ["stopped", "stopped"]);
});

test("where it is dangerous it does not go on", () => {
  const { journey, steps } = walker();
  journey.begin();
  journey.next("go to market");
  safe = false;
  mock.timers.tick(LONG);
  assert.deepEqual(steps, ["stopped"]);
  const location = { npcs: [{ disposition: "friendly" }] };
  assert.ok(isSafe({ fight: null, location }));
  assert.ok(!isSafe({ fight: { round: 1 }, location }));
  assert.ok(!isSafe({ fight: null, location: { npcs: [{ disposition: "hostile" }] } }));
});

test("words and blows interrupt; people who pass and gestures do not", () => {
  const event = (action, more = {}) => ({ type: "location_update", data: { action, message: "…", ...more } });
  assert.ok(interrupts({ type: "chat", data: { kind: "whisper" } }));
  assert.ok(!interrupts({ type: "chat", data: { kind: "emote" } }));
  assert.ok(interrupts(event("struck")));
  assert.ok(!interrupts(event("struck", { message: "" })));
  for (const action of ["moved", "player_arrived", "player_left", "npc_left"]) assert.ok(!interrupts(event(action)), action);
  assert.ok(interrupts(event("npc_arrived", { npc: { disposition: "hostile" } })));
  assert.ok(!interrupts(event("npc_arrived", { npc: { disposition: "neutral" } })));
});
