import assert from "node:assert/strict";
import { test } from "node:test";
import { complete } from "../../../core/echoes/web/client/completion.js";

const command = (name, usage = name, aliases = []) => ({ name, usage, summary: `${name}.`, aliases });
const world = {
  commands: [
    command("look", "look [thing]", ["l"]), command("move", "move <direction>", ["go"]), command("pick_up", "pick up <item>", ["get", "pick up"]),
    command("give", "give <item> to <name>"), command("whisper", "whisper <name> <words>", ["tell"]), command("rest"), command("equip", "equip <item>", ["wear"]),
    command("unequip", "unequip <item>", ["take off"]), command("use", "use <item>", ["eat"]), command("drop", "drop <item>"),
  ],
  location: {
    exits: [{ direction: "west", to: "b", stamina: 1 }, { direction: "north", to: "a", stamina: 1, name: "Gate" }],
    things: [{ id: "shelf", name: "iron shelf", searchable: true }],
    npcs: [{ id: "vex", name: "Old Vex", disposition: "wary" }],
  },
  players: [{ id: 8, name: "Tomas" }],
  ground: [{ id: 1, version: 1, quantity: 2, name: "bandage" }],
  bag: [{ id: 2, version: 1, quantity: 1, name: "coat", slot: "body" }, { id: 3, version: 1, quantity: 1, name: "cap", slot: "head", worn: true },
    { id: 4, version: 1, quantity: 2, name: "bread", usable: true, personal: true }],
};
const lines = (text) => complete(text, world).map((each) => each.line);

test("nothing comes of nothing, nor of what is complete", () => {
  assert.deepEqual(lines(""), []);
  assert.deepEqual(lines("   "), []);
  assert.deepEqual(lines("rest"), []);
});

test("a first word becomes a command or a way, the shortest first; a space follows where there is more to say", () => {
  assert.deepEqual(lines("r"), ["rest"]);
  assert.deepEqual(lines("w"), ["wear ", "west", "whisper "]);
  assert.deepEqual(lines("pick"), ["pick up "]);
});

test("the argument is what the verb can be used on", () => {
  assert.deepEqual(lines("go "), ["go north", "go west"]);
  assert.deepEqual(lines("get b"), ["get bandage"]);
  assert.deepEqual(lines("wear "), ["wear coat"]);
  assert.deepEqual(lines("take off "), ["take off cap"]);
  assert.deepEqual(lines("tell "), ["tell Tomas ", "tell Old Vex "]);
});

test("what is personal is used, and neither dropped nor given", () => {
  assert.deepEqual(lines("eat br"), ["eat bread"]);
  assert.deepEqual(lines("drop "), ["drop coat"]);
  assert.deepEqual(lines("give b"), []);
});

test("any word of a name will do, and capitals do not matter", () => {
  assert.deepEqual(lines("look vex"), ["look Old Vex"]);
  assert.deepEqual(lines("look SHELF"), ["look iron shelf"]);
});

test("a verb of two words, and a number, stay as they were typed", () => {
  assert.deepEqual(lines("pick up ban"), ["pick up bandage"]);
  assert.deepEqual(lines("get 2 ban"), ["get 2 bandage"]);
});

test("after `to` come people", () => {
  assert.deepEqual(lines("give co"), ["give coat to "]);
  assert.deepEqual(lines("give coat to t"), ["give coat to Tomas"]);
});

test("eight at most", () => {
  const crowd = { ...world, players: Array.from({ length: 30 }, (_, id) => ({ id, name: `Ash ${id}` })) };
  assert.equal(complete("whisper ash", crowd).length, 8);
});

test("a verb that takes nothing, or that nobody knows, is not completed", () => {
  assert.deepEqual(lines("rest n"), []);
  assert.deepEqual(lines("attack v"), []);
});
