// The socket and its state machine (drawn in docs/client.md). Knows when to be connected, nothing of the game.

import { retryDelay, isFinal } from "./backoff.js";
import { whyNot } from "./door.js";

/** @import { Trouble } from "./door.js" */
/** @import { Hello, Reconnect, ServerFrame } from "./wire.d.ts" */
/** @typedef {"idle" | "connecting" | "online" | "offline" | "ended"} LineState offline is waiting to try again */
/** @typedef {Exclude<ServerFrame, Reconnect>} Frame what concerns the game */

const WELCOME_WITHIN_MS = 12_000;
const STEADY_AFTER_MS = 5_000;
const RECONNECTING = 4000;
const OURS_FROM = 4000;
const ASK_AFTER = 2;

export class Connection {
  /** @type {WebSocket | null} */
  #socket = null;
  #timer = 0;
  #welcomedAt = 0;
  #dueAt = 0;
  #unwelcome = 0;
  /** The server answered over HTTP while the socket did not open. Once may be chance: the server may have come back in between. */
  #blocked = false;
  #hello;
  #onFrame;
  #onState;

  /**
   * `hello()` makes the first frame for each attempt; `onFrame(frame)` gets each JSON object of the server;
   * `onState(connection)` is called after each change of state.
   * @param {{ url: string, hello: () => Hello, onFrame: (frame: Frame) => void, onState: (connection: Connection) => void }} parts
   */
  constructor({ url, hello, onFrame, onState }) {
    this.url = url;
    this.#hello = hello;
    this.#onFrame = onFrame;
    this.#onState = onState;
    /** @type {LineState} */
    this.state = "idle";
    this.attempts = 0;
    /** When the next try is due, by performance.now(); when the last connection was lost. */
    this.retryAt = 0;
    this.lostAt = 0;
    this.code = 0;
    this.reason = "";
    /** Why no attempt succeeds, once the server has said so; else null. @type {Trouble | null} */
    this.trouble = null;
    this.worker = "";
    this.lastFrameAt = 0;
  }

  start() {
    this.attempts = this.#unwelcome = 0;
    this.trouble = null;
    this.#blocked = false;
    this.lostAt = performance.now();
    this.#open();
  }

  /** Leaves for good (log out, another character). */
  stop() {
    this.#unwelcome = 0;
    this.#drop(1000, "leaving");
    this.#become("idle");
  }

  /** Does not wait for the next try. */
  tryNow() {
    if (this.state === "offline") this.#open();
  }

  /** Gives this socket up and opens another: it is silent, or its worker is about to leave. @param {string} reason */
  renew(reason) {
    if (this.state !== "online" && this.state !== "connecting") return;
    this.#drop(RECONNECTING, reason);
    this.lostAt = performance.now();
    this.#open();
  }

  /** Whether it could be sent. @param {string} text */
  send(text) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(text);
    return true;
  }

  /** @param {LineState} state */
  #become(state) {
    this.state = state;
    this.#onState(this);
  }

  #open() {
    clearTimeout(this.#timer);
    this.#dueAt = 0;
    const socket = dial(this.url);
    this.#socket = socket;
    if (!socket) {
      this.#become("connecting");
      this.#closed(1006, "not allowed by the browser");
      return;
    }
    socket.onopen = () => socket.send(JSON.stringify(this.#hello()));
    socket.onmessage = (message) => this.#receive(socket, message.data);
    socket.onclose = (event) => this.#closed(event.code, event.reason);
    this.#timer = setTimeout(() => {
      this.#drop(RECONNECTING, "no welcome");
      this.#closed(1006, "no welcome");
    }, WELCOME_WITHIN_MS);
    this.#become("connecting");
  }

  /**
   * @param {WebSocket} socket
   * @param {string} data
   */
  #receive(socket, data) {
    this.lastFrameAt = performance.now();
    for (const line of data.split("\n")) {
      if (socket !== this.#socket) return;
      if (line.trim()) this.#dispatch(JSON.parse(line));
    }
  }

  /** @param {ServerFrame} frame */
  #dispatch(frame) {
    if (frame.type === "welcome") {
      clearTimeout(this.#timer);
      this.#unwelcome = 0;
      this.trouble = null;
      this.#blocked = false;
      this.worker = frame.worker_id;
      this.#welcomedAt = performance.now();
      this.#onFrame(frame);
      this.#become("online");
    } else if (frame.type === "reconnect") {
      this.#dueAt = performance.now() + frame.after_ms;
      this.#timer = setTimeout(() => this.renew("asked to"), frame.after_ms);
    } else {
      this.#onFrame(frame);
    }
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #closed(code, reason) {
    clearTimeout(this.#timer);
    this.#socket = null;
    this.code = code;
    this.reason = reason;
    const now = performance.now();
    if (this.state === "online") {
      this.lostAt = now;
      if (now - this.#welcomedAt > STEADY_AFTER_MS) this.attempts = 0;
    }
    if (isFinal(code)) {
      this.#become("ended");
      return;
    }
    // The server spreads reconnects over time: connect at the given time, without a message to the player before.
    const asked = this.#dueAt - now;
    const delay = asked > 0 ? asked : retryDelay(this.attempts, code);
    if (asked > 0) this.lostAt = now + asked;
    else this.attempts += 1;
    this.retryAt = now + delay;
    this.#timer = setTimeout(() => this.#open(), delay);
    if (this.state === "connecting" && code < OURS_FROM) this.#unwelcome += 1;
    this.#become("offline");
    if (this.#unwelcome >= ASK_AFTER) this.#ask();
  }

  /** No attempt came as far as a welcome, and no close code says why: ask the server. */
  async #ask() {
    const attempt = this.#unwelcome;
    const trouble = await whyNot();
    if (attempt !== this.#unwelcome) return; // welcomed meanwhile, or asked again
    const blocked = trouble?.code === "upgrade_required";
    this.trouble = blocked && !this.#blocked ? null : trouble;
    this.#blocked = blocked;
    this.#onState(this);
  }

  /**
   * Closes without waiting for the other side, which may be long gone.
   * @param {number} code
   * @param {string} reason
   */
  #drop(code, reason) {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(code, reason);
  }
}

/**
 * A socket, or null where the browser refuses even to try: Safari before 16, when the content policy names another host.
 * @type {(url: string) => WebSocket | null}
 */
function dial(url) {
  try {
    return new WebSocket(url);
  } catch {
    return null;
  }
}
