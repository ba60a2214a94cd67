import assert from "node:assert/strict";
import { test } from "node:test";
import {
  account, changing, forgetAll, isHalfSpent, keepAccount, keepPlaying, playing, renewAccount, settled,
} from "../../../core/echoes/web/client/tokens.js";

const now = Date.now() / 1000;
const token = (iat, exp) => `x.${Buffer.from(JSON.stringify({ iat, exp, name: "ÿ?>" }), "latin1").toString("base64url")}.y`;

test("a pass is half spent when more than half of its time is over", () => {
  const spent = (iat, exp, since) => isHalfSpent({ token: token(iat, exp), username: "mara", since });
  assert.equal(spent(now - 100, now + 50), true);
  assert.equal(spent(now - 50, now + 100), false);
  assert.equal(isHalfSpent({ token: "no token", username: "mara" }), false);
  const year = 365 * 86_400;
  for (const wrong of [-year, 0, year]) {
    // The server's clock is right, this machine's is a year behind or ahead.
    assert.equal(spent(now + wrong, now + wrong + 100, (now - 60) * 1000), true);
    assert.equal(spent(now + wrong, now + wrong + 100, (now - 40) * 1000), false);
  }
  assert.equal(spent(now, now + 100, (now + 3600) * 1000), true, "this machine's clock was set back");
});

test("a sign-in goes on with another pass, and ends with everything", () => {
  keepAccount({ token: "a", username: "mara" }, false);
  keepPlaying({ token: "p", id: 7, name: "Mara" });
  renewAccount("b");
  const { since, ...kept } = account();
  assert.deepEqual(kept, { token: "b", username: "mara" });
  assert.ok(Math.abs(since - Date.now()) < 60_000);
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
