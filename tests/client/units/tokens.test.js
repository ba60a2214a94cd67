import assert from "node:assert/strict";
import { test } from "node:test";
import {
  account, changing, forgetAll, isHalfSpent, keepAccount, keepPlaying, playing, renewAccount, settled,
} from "../../../core/echoes/web/client/tokens.js";

const now = Date.now() / 1000;
const token = (iat, exp) => `x.${Buffer.from(JSON.stringify({ iat, exp, name: "ÿ?>" }), "latin1").toString("base64url")}.y`;

test("a pass is half spent when more than half of its time is over", () => {
  assert.equal(isHalfSpent(token(now - 100, now + 50)), true);
  assert.equal(isHalfSpent(token(now - 50, now + 100)), false);
  assert.equal(isHalfSpent("no token"), false);
});

test("a sign-in goes on with another pass, and ends with everything", () => {
  keepAccount({ token: "a", username: "mara" }, false);
  keepPlaying({ token: "p", id: 7, name: "Mara" });
  renewAccount("b");
  assert.deepEqual(account(), { token: "b", username: "mara" });
  forgetAll();
  assert.equal(account(), null);
  assert.equal(playing(), null);
  renewAccount("c");
  assert.equal(account(), null);
});

test("who waits for a change of the pass waits until it is done, also when it fails", async () => {
  let fail = () => {};
  const change = changing(new Promise((_, reject) => (fail = reject)));
  let done = false;
  const waiting = settled().then(() => (done = true));
  await Promise.resolve();
  assert.equal(done, false);
  fail(new Error("refused"));
  await assert.rejects(change);
  await waiting;
  assert.equal(done, true);
});
