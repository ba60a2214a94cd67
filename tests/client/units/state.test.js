import assert from "node:assert/strict";
import { test } from "node:test";
import { Store } from "../../../core/echoes/web/client/state.js";

const you = { id: 7, name: "Mara", version: 3, at: 0 };
const place = (items = [], players = []) => ({ id: "yard", name: "Yard", exits: [], things: [], npcs: [], items, players });
const lantern = { id: 1, version: 2, quantity: 1, name: "lantern" };
const moment = () => new Promise((resolve) => setImmediate(resolve));

const filled = () => {
  const store = new Store();
  store.replace({ you, location: place([lantern], [{ id: 8, name: "Tomas" }]), inventory: { items: [], weight: 0, max_weight: 9, volume: 0, max_volume: 9 }, map: [], commands: [] });
  return store;
};

test("before the first snapshot one is nowhere, among nothing", () => {
  const { state } = new Store();
  assert.equal(state.location.id, "");
  assert.deepEqual(state.location.exits, []);
  assert.equal(state.you, null);
});

test("a listener hears once of all changes of one moment, and only of its topics", async () => {
  const store = filled();
  await moment();
  const heard = [];
  store.on(["ground", "bag"], () => heard.push("things"));
  store.on(["who"], () => heard.push("who"));
  store.ground([]);
  store.bag([]);
  store.ground([]);
  assert.deepEqual(heard, []);
  await moment();
  assert.deepEqual(heard, ["things"]);
});

test("a listener that fails does not keep the others from hearing, and is reported", async () => {
  const store = filled();
  await moment();
  const heard = [];
  store.onFault = (error) => heard.push(error.message);
  store.on(["bag"], () => {
    throw new Error("broken");
  });
  store.on(["bag"], () => heard.push("bag"));
  store.bag([]);
  await moment();
  assert.deepEqual(heard, ["broken", "bag"]);
});

test("a thing that was taken is not on the ground again by an older fact", () => {
  const store = filled();
  store.bag([{ ...lantern, version: 3 }], [1, 9, 1, 9]);
  store.ground([{ ...lantern, version: 3, quantity: 0 }]);
  store.ground([lantern]);
  assert.deepEqual(store.state.ground, []);
  assert.deepEqual(store.state.bag.map((item) => item.id), [1]);
  assert.deepEqual(store.state.load, { weight: 1, max_weight: 9, volume: 1, max_volume: 9 });
});

test("somebody who left does not come back by an older arrival; oneself is never among the others", () => {
  const store = filled();
  store.player(8, null, 5);
  store.player(8, { id: 8, name: "Tomas" }, 4);
  store.player(7, { id: 7, name: "Mara" }, 9);
  assert.deepEqual(store.state.players, []);
  store.player(8, { id: 8, name: "Tomas" }, 6);
  assert.deepEqual(store.state.players, [{ id: 8, name: "Tomas" }]);
});

test("an older view of oneself is ignored", () => {
  const store = filled();
  store.you({ ...you, version: 2, name: "older" });
  assert.equal(store.state.you.name, "Mara");
});
