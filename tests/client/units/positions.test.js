import assert from "node:assert/strict";
import { test } from "node:test";
import { Positions } from "../../../core/echoes/web/client/positions.js";

const at = (channel, offset, epoch = "e") => ({ channel, epoch, offset });
const stand = (offset, epoch = "e") => ({ epoch, offset });

test("an event is taken once; offsets may skip; a new epoch counts anew", () => {
  const positions = new Positions();
  assert.equal(positions.any, false);
  assert.equal(positions.accept(at("player:1", 3)), true);
  assert.equal(positions.accept(at("player:1", 3)), false);
  assert.equal(positions.accept(at("player:1", 2)), false);
  assert.equal(positions.accept(at("player:1", 9)), true);
  assert.equal(positions.accept(at("player:1", 1, "f")), true);
  assert.deepEqual(positions.known, { "player:1": stand(1, "f") });
});

test("recovered: one's own positions go on, of those channels that the server names", () => {
  const positions = new Positions({ "player:1": stand(4), "location:old": stand(9) });
  positions.welcome({ "player:1": stand(7), "location:new": stand(2) }, true);
  assert.deepEqual(positions.known, { "player:1": stand(4), "location:new": stand(2) });
});

test("not recovered: only the server's count", () => {
  const positions = new Positions({ "player:1": stand(4) });
  positions.welcome({ "player:1": stand(7) }, false);
  assert.deepEqual(positions.known, { "player:1": stand(7) });
});

test("what a snapshot was read behind is covered", () => {
  const positions = new Positions();
  positions.replace({}, { "location:a": stand(5) });
  assert.equal(positions.covered(at("location:a", 5)), true);
  assert.equal(positions.covered(at("location:a", 6)), false);
  assert.equal(positions.covered(at("location:a", 5, "f")), false);
  assert.equal(positions.covered(at("location:b", 1)), false);
});

test("the last eight locations are remembered; other channels stay", () => {
  const positions = new Positions({ "player:1": stand(4) });
  for (const name of "abcdefgh") positions.follow({ [`location:${name}`]: stand(1) });
  positions.follow({ "location:a": stand(9) });
  positions.follow({ "location:i": stand(2) });
  positions.follow({});
  assert.deepEqual(Object.keys(positions.known), ["player:1", ..."cdefghai"].map((one) => (one.length > 1 ? one : `location:${one}`)));
  assert.deepEqual(positions.known["location:a"], stand(9));
});

test("an event of a location that was left and is the place again is taken once", () => {
  const positions = new Positions({ "location:a": stand(9) });
  positions.follow({ "location:b": stand(1) });
  assert.equal(positions.accept(at("location:a", 9)), false);
});
