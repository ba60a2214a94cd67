// What the page knows of quests, and how it says how far they are.

import assert from "node:assert/strict";
import { test } from "node:test";

import { progressOf } from "../../../core/echoes/web/client/quests.js";
import { Store } from "../../../core/echoes/web/client/state.js";

const LANTERN = { id: "lantern", title: "A name on the line", step: 1, steps: 8 };
const BELL = { id: "bell", title: "Who rang the bell", step: 1, steps: 8 };
const ids = (store) => store.state.quests.map(({ id, step }) => `${id} ${step}`);

test("progress reads with the count of a step that counts", () => {
  assert.equal(progressOf(LANTERN), "step 1 of 8");
  assert.equal(progressOf({ ...LANTERN, count: 1, of: 3 }), "step 1 of 8, 1 of 3");
});

test("a quest keeps its place, an older event is ignored, and one that is done leaves", () => {
  const store = new Store();
  store.quests([LANTERN], 4);
  store.quests([BELL], 5);
  store.quests([{ ...LANTERN, step: 3 }], 7);
  store.quests([{ ...LANTERN, step: 2 }], 6);
  assert.deepEqual(ids(store), ["lantern 3", "bell 1"]);
  store.quests([{ ...LANTERN, step: 8, done: true }], 8);
  assert.deepEqual(ids(store), ["bell 1"]);
  store.quests([{ ...LANTERN, step: 3 }], 7);
  assert.deepEqual(ids(store), ["bell 1"]);
});
