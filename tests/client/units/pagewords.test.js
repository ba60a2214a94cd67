import assert from "node:assert/strict";
import { test } from "node:test";
import { Following } from "../../../core/echoes/web/client/following.js";
import { PAGE_COMMANDS, understand } from "../../../core/echoes/web/client/pagewords.js";

const page = (whisperer = "") => {
  const done = [];
  const following = new Following();
  const doing = () => ({
    following, here: ["Mara"], whisperer, act: (command, text) => done.push([command, text]), notice: (text) => done.push(text),
    settings: () => done.push("settings"), clear: () => done.push("clear"), quit: () => done.push("quit"), logOut: () => done.push("logout"),
  });
  return { done, following, type: (line) => understand(line, doing) };
};

test("a reply is a whisper to the one who whispered last, with the words as they are", () => {
  const { done, type } = page("Old Tom");
  assert.ok(type("reply  Yes; at once"));
  assert.ok(type("r no"));
  assert.deepEqual(done, [[{ type: "whisper", to: "Old Tom", text: "Yes; at once" }, "reply  Yes; at once"], [{ type: "whisper", to: "Old Tom", text: "no" }, "r no"]]);
});

test("a reply without words, or to no whisper, says what is missing and sends nothing", () => {
  const { done, type } = page();
  assert.ok(type("reply hello"));
  assert.match(done[0], /whispered to you yet/);
  assert.ok(page("Mara").type("reply"));
});

test("a follower goes the way that the followed player takes out of the place, and no other", () => {
  const { done, following, type } = page();
  const left = (name, direction) => ({ type: "location_update", data: { action: "player_left", message: "", player: { id: 1, name }, direction } });
  assert.equal(following.wayOf(left("Mara", "north")), "");
  type("follow zoe");
  assert.match(done.shift(), /No player called zoe/);
  type("follow mara");
  assert.equal(following.wayOf(left("Mara", "north")), "north");
  assert.equal(following.wayOf(left("Tomas", "north")), "");
  assert.equal(following.wayOf(left("Mara", undefined)), "");
  assert.equal(following.wayOf({ type: "chat", data: { kind: "say", sender: { name: "Mara" } } }), "");
  type("unfollow");
  assert.equal(following.wayOf(left("Mara", "north")), "");
  assert.match(done[1], /no longer/);
});

test("words about the page do it, also after a slash; with more behind them they are the server's", () => {
  const { done, type } = page();
  for (const line of ["clear", "/clear", "quit", "log out", "/logout", "settings"]) assert.ok(type(line), line);
  assert.deepEqual(done, ["clear", "clear", "quit", "logout", "logout", "settings"]);
  for (const line of ["clear the table", "rest", "quite", "replying", "look", "help look", "ignore Mara", "unignore Mara"]) assert.ok(!type(line), line);
});

test("each of them has a page of help and is carried out", () => {
  for (const { name } of PAGE_COMMANDS) {
    const { done, type } = page();
    assert.ok(type(`help ${name}`));
    assert.match(done[0], new RegExp(name));
    assert.ok(type(name), name);
  }
});
