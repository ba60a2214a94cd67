import assert from "node:assert/strict";
import { test } from "node:test";

/** A store that refuses while `full`. */
class Fake {
  kept = new Map();
  full = false;
  getItem = (key) => this.kept.get(key) ?? null;
  removeItem = (key) => this.kept.delete(key);
  setItem(key, text) {
    if (this.full) throw new DOMException("full", "QuotaExceededError");
    this.kept.set(key, text);
  }
}

const fake = new Fake();
globalThis.window = {
  sessionStorage: fake,
  get localStorage() {
    throw new DOMException("blocked", "SecurityError");
  },
};
const { device, read, remove, session, write } = await import("../../../core/echoes/web/client/storage.js");

test("what is written is read again, under a key of the page's own path", () => {
  assert.equal(write(session, "echoes.x", { a: 1 }), true);
  assert.deepEqual(read(session, "echoes.x", null), { a: 1 });
  const [key] = fake.kept.keys();
  assert.match(key, /^\/.+\/:echoes\.x$/);
  remove(session, "echoes.x");
  assert.equal(read(session, "echoes.x", "nothing"), "nothing");
});

test("a full store says so, and memory has the newest", () => {
  write(session, "echoes.y", "old");
  fake.full = true;
  assert.equal(write(session, "echoes.y", "new"), false);
  assert.equal(read(session, "echoes.y", null), "new");
  fake.full = false;
  assert.equal(write(session, "echoes.y", "newest"), true);
  assert.equal(read(session, "echoes.y", null), "newest");
});

test("a store that may not be touched keeps nothing beyond the page", () => {
  assert.equal(device.lasts, false);
  assert.equal(session.lasts, true);
  assert.equal(write(device, "echoes.z", 1), false);
  assert.equal(read(device, "echoes.z", null), 1);
});

test("what is no JSON is as good as nothing", () => {
  const [key] = [...fake.kept.keys()];
  fake.kept.set(key, "{");
  assert.equal(read(session, "echoes.y", "nothing"), "nothing");
});
