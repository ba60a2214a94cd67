import assert from "node:assert/strict";
import { test } from "node:test";
import { Told, tell } from "../../../core/echoes/web/client/telling.js";

const event = (type, data) => ({ type, channel: "location:a", epoch: "e", offset: 1, timestamp: "now", data });
const mara = { id: 7, name: "Mara" };

test("what is said is quoted once", () => {
  const say = (text, kind = "say") => tell(event("chat", { kind, sender: mara, text, message: "Mara says." }), 10);
  assert.deepEqual(say("hello"), [{ kind: "say", who: "Mara", text: "“hello”", at: "now" }]);
  assert.equal(say("“hello”")[0].text, "“hello”");
  assert.equal(say("hello", "whisper")[0].kind, "whisper");
  assert.deepEqual(tell(event("chat", { kind: "emote", sender: mara, text: "shivers", message: "" }), 10), [{ kind: "emote", text: "Mara shivers", at: "now" }]);
});

test("a happening is told as an event, and as danger when it costs one's own health", () => {
  assert.deepEqual(tell(event("location_update", { action: "searched", message: "Mara searches." }), 10), [{ kind: "event", text: "Mara searches.", at: "now" }]);
  assert.equal(tell(event("state_update", { action: "hit", message: "It bites.", you: { hp: 9 } }), 10)[0].kind, "danger");
  assert.equal(tell(event("state_update", { action: "rested", message: "You rest.", you: { hp: 10 } }), 10)[0].kind, "event");
});

test("a happening without words is not told", () => {
  assert.deepEqual(tell(event("state_update", { action: "moved", message: "" }), 10), []);
});

test("an extension's event is told by its message", () => {
  assert.equal(tell(event("dice", { message: "The die shows six." }), 10)[0].text, "The die shows six.");
});

test("the first that tells of a move speaks, the second is silent; another version speaks again", () => {
  const told = new Told();
  assert.equal(told.first(4, "You walk north."), true);
  assert.equal(told.first(4, "You walk north."), false);
  assert.equal(told.first(5, "You walk north."), true);
  assert.equal(told.first(undefined, "You look."), true);
  assert.equal(told.first(undefined, "You look."), true);
  assert.equal(new Told(told.keys).first(4, "You walk north."), false);
});

test("a shout says where it came from", () => {
  const data = { kind: "shout", sender: { id: 1, name: "Mara" }, text: "help", message: "From The Kiln Yard, Mara shouts: “help”" };
  const event = { type: "chat", channel: "location:a", offset: 1, epoch: "e", timestamp: "t", data };
  assert.deepEqual(tell(event, 0), [{ kind: "event", text: data.message, at: "t" }]);
});

test("only the last 16 are remembered", () => {
  const told = new Told();
  for (let version = 1; version <= 17; version += 1) told.first(version, "x");
  assert.equal(told.keys.length, 16);
  assert.equal(told.first(1, "x"), true);
});
