import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox } from "../../../core/echoes/web/client/outbox.js";

const identity = () => ({
  number: 0,
  next() {
    this.number += 1;
    return this.number;
  },
  raise(number) {
    this.number = Math.max(this.number, number);
  },
});
const opened = (lastCommand = 0, able = true) => {
  const frames = [];
  const outbox = new Outbox(identity(), (text) => able && frames.push(text) > 0);
  outbox.reopen(lastCommand);
  return { outbox, frames };
};
const idsOf = (frame) => frame.split("\n").map((line) => JSON.parse(line).id);

test("nothing is sent before the line is open; then everything in one frame, in order", () => {
  const frames = [];
  const outbox = new Outbox(identity(), (text) => frames.push(text) > 0);
  outbox.submit({ type: "look" });
  outbox.submit({ type: "move", direction: "north" });
  outbox.flush();
  assert.deepEqual(frames, []);
  outbox.reopen(0);
  assert.equal(frames.length, 1);
  assert.deepEqual(frames[0].split("\n").map((line) => JSON.parse(line)), [{ type: "look", id: 1 }, { type: "move", id: 2, direction: "north" }]);
});

test("at most 16 are unanswered; a reply makes room for the next", () => {
  const { outbox, frames } = opened();
  for (let count = 0; count < 20; count += 1) outbox.submit({ type: "look" });
  outbox.flush();
  assert.deepEqual(frames.flatMap(idsOf), Array.from({ length: 16 }, (_, index) => index + 1));
  assert.equal(outbox.settle(1).id, 1);
  assert.deepEqual(idsOf(frames[1]), [17]);
  assert.equal(outbox.settle(1), undefined);
});

test("no frame is larger than the server takes", () => {
  const { outbox, frames } = opened();
  for (let count = 0; count < 16; count += 1) outbox.submit({ type: "say", text: "é".repeat(1000) });
  outbox.flush();
  assert.equal(frames.flatMap(idsOf).length, 16);
  for (const frame of frames) assert.ok(Buffer.byteLength(frame) <= 8192);
});

test("what is too long, and what is one too many, gets no number", () => {
  const { outbox } = opened();
  assert.equal(outbox.submit({ type: "say", text: "é".repeat(4096) }), null);
  for (let count = 0; count < 64; count += 1) assert.notEqual(outbox.submit({ type: "look" }), null);
  assert.equal(outbox.full, true);
  assert.equal(outbox.submit({ type: "look" }), null);
  assert.equal(outbox.identity.number, 64);
});

test("after a reconnect everything unanswered goes out again under its number, marked as sent again", () => {
  const { outbox, frames } = opened();
  outbox.submit({ type: "look" });
  outbox.flush();
  outbox.suspend();
  outbox.submit({ type: "rest" });
  outbox.flush();
  assert.equal(frames.length, 1);
  outbox.reopen(1);
  assert.deepEqual(idsOf(frames[1]), [1, 2]);
  assert.deepEqual(outbox.entries.map((entry) => entry.resent), [true, false]);
});

test("the server's count raises ours", () => {
  const { outbox } = opened(41);
  assert.equal(outbox.submit({ type: "look" }).id, 42);
});

test("what could not be handed over stays unsent", () => {
  const { outbox } = opened(0, false);
  outbox.submit({ type: "look" });
  outbox.flush();
  assert.equal(outbox.entries[0].sent, false);
  assert.equal(outbox.waiting(), 0);
});

test("a reload keeps number and frame, and what had been sent counts as sent again", () => {
  const { outbox } = opened();
  outbox.submit({ type: "look" }, { text: "look" });
  outbox.flush();
  const after = new Outbox(identity(), () => true);
  after.restore(JSON.parse(JSON.stringify(outbox.save())));
  assert.deepEqual(after.entries, [{ id: 1, frame: '{"type":"look","id":1}', text: "look", hidden: false, sent: true, resent: true, serial: -1, at: 0 }]);
});

test("waiting is the time since the oldest unanswered command was sent", () => {
  const { outbox } = opened();
  outbox.submit({ type: "look" });
  outbox.flush();
  outbox.entries[0].at = 1000;
  assert.equal(outbox.waiting(1250), 250);
});
