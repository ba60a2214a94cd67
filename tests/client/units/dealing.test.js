// Keys that choose, and how prices read.

import assert from "node:assert/strict";
import { test } from "node:test";

import { choiceOf, priced } from "../../../core/echoes/web/client/dealing.js";
import { Store } from "../../../core/echoes/web/client/state.js";

const TALK = { npc: "marta", name: "Marta", passage: "first", choices: [{ id: "bell", text: "Who rang?" }, { id: "bye", text: "Goodbye." }] };

test("a digit chooses while nothing is typed", () => {
  assert.equal(choiceOf("2", "", TALK)?.id, "bye");
  assert.equal(choiceOf("3", "", TALK), null);
  assert.equal(choiceOf("0", "", TALK), null);
  assert.equal(choiceOf("2", "buy ", TALK), null);
  assert.equal(choiceOf("Enter", "", TALK), null);
  assert.equal(choiceOf("1", "", null), null);
});

test("a price reads with the number that is left", () => {
  assert.equal(priced(3, 6), "3 scrap · 6");
  assert.equal(priced(3, 0), "sold out");
});

test("a conversation without choices is over", () => {
  const store = new Store();
  store.talk(TALK);
  assert.equal(store.state.talk, TALK);
  store.talk({ npc: "marta", name: "Marta" });
  assert.equal(store.state.talk, null);
});
