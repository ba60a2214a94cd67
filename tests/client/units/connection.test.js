import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Connection } from "../../../core/echoes/web/client/connection.js";

/** What a page has of a browser's socket. */
class Socket {
  static OPEN = 1;
  static made = [];
  readyState = 0;
  sent = [];
  closed = null;
  constructor() {
    Socket.made.push(this);
  }
  send = (text) => this.sent.push(text);
  close = (code) => (this.closed = code);
  open() {
    this.readyState = 1;
    this.onopen();
  }
  say = (...frames) => this.onmessage({ data: frames.map((frame) => JSON.stringify(frame)).join("\n") });
}

const welcome = { type: "welcome", worker_id: "w1" };
globalThis.WebSocket = Socket;
globalThis.location = { origin: "http://localhost" };
mock.method(Math, "random", () => 1);

const connected = () => {
  const [frames, states] = [[], []];
  const connection = new Connection({
    url: "ws://localhost/ws/game",
    hello: () => ({ type: "hello", token: "t", client: "c" }),
    onFrame: (frame) => frames.push(frame.type),
    onState: ({ state }) => states.push(state),
  });
  connection.start();
  return { connection, frames, states, socket: () => Socket.made[Socket.made.length - 1] };
};

beforeEach(() => {
  Socket.made = [];
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});

test("says hello when the socket is open, and is online when it is welcome", () => {
  const { connection, frames, states, socket } = connected();
  assert.equal(connection.send("x"), false);
  socket().open();
  socket().say(welcome, { type: "reply", id: 1, ok: true, data: { message: "" } });
  assert.deepEqual(JSON.parse(socket().sent[0]), { type: "hello", token: "t", client: "c" });
  assert.deepEqual(frames, ["welcome", "reply"]);
  assert.deepEqual(states, ["connecting", "online"]);
  assert.equal(connection.worker, "w1");
  assert.equal(connection.send("x"), true);
});

test("comes back by itself after a loss, later each time", () => {
  const { connection, socket } = connected();
  socket().onclose({ code: 1006, reason: "" });
  assert.equal(connection.state, "offline");
  mock.timers.tick(499);
  assert.equal(Socket.made.length, 1);
  mock.timers.tick(1);
  assert.equal(Socket.made.length, 2);
  socket().onclose({ code: 4009, reason: "flood" });
  mock.timers.tick(5999);
  assert.equal(Socket.made.length, 2);
  mock.timers.tick(1);
  assert.equal(Socket.made.length, 3);
});

test("a socket that is not welcomed within 12 s is given up", () => {
  const { connection, socket } = connected();
  const silent = socket();
  mock.timers.tick(12_000);
  assert.equal(silent.closed, 4000);
  assert.equal(connection.state, "offline");
});

test("a final code ends it; starting again tries again", () => {
  const { connection, socket } = connected();
  socket().onclose({ code: 4501, reason: "signed in elsewhere" });
  assert.equal(connection.state, "ended");
  mock.timers.tick(60_000);
  assert.equal(Socket.made.length, 1);
  connection.start();
  assert.equal(connection.state, "connecting");
});

test("asked to come back at a time, it does so then", () => {
  const { frames, socket } = connected();
  socket().open();
  socket().say(welcome, { type: "reconnect", after_ms: 3000 });
  assert.deepEqual(frames, ["welcome"]);
  mock.timers.tick(2999);
  assert.equal(Socket.made.length, 1);
  mock.timers.tick(1);
  assert.equal(Socket.made.length, 2);
  assert.equal(Socket.made[0].closed, 4000);
});

test("what a socket that was given up still says is not heard", () => {
  const { connection, frames, socket } = connected();
  const former = socket();
  const late = former.onmessage;
  connection.renew("silent");
  late({ data: JSON.stringify(welcome) });
  assert.deepEqual(frames, []);
  assert.equal(connection.state, "connecting");
});

test("a server that answers over HTTP is taken to be behind a proxy only when the next attempt fails, too", async () => {
  const answers = [{ code: "upgrade_required", message: "blocked", hint: "" }];
  globalThis.fetch = async () => ({ json: async () => answers[0] });
  const { connection, socket } = connected();
  const fail = async () => {
    socket().onclose({ code: 1006, reason: "" });
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    mock.timers.tick(60_000);
  };
  await fail();
  await fail();
  assert.equal(connection.trouble, null);
  await fail();
  assert.equal(connection.trouble?.message, "blocked");
  socket().open();
  socket().say(welcome);
  assert.equal(connection.trouble, null);
});
