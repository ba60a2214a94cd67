// Commands on their way: numbered once, sent in order, kept until answered, sent again after a reconnect.
//
// The server answers a repeated number with the stored reply, so sending again never does a thing twice.

/** @import { Identity } from "./identity.js" */
/** @import { ClientCommand } from "./wire.d.ts" */
/**
 * @typedef {object} Kept a command on its way, as it is kept over a reload
 * @property {number} id
 * @property {string} frame
 * @property {string} text what the log shows of it
 * @property {boolean} hidden the log shows nothing of it
 * @property {boolean} sent
 * @property {boolean} resent the server may have carried it out before the connection at hand
 */
/** @typedef {Kept & { serial: number, at: number }} Sending `serial` is the store's when it was entered, `at` when it was sent */

const OUTSTANDING = 16;
const QUEUED = 64;
const FRAME_BYTES = 8192;

const encoder = new TextEncoder();
/** @type {(text: string) => number} */
const bytesOf = (text) => encoder.encode(text).length;

export class Outbox {
  /**
   * `transmit(text)` sends one frame now and returns whether it could.
   * @param {Pick<Identity, "next" | "raise">} identity
   * @param {(text: string) => boolean} transmit
   */
  constructor(identity, transmit) {
    this.identity = identity;
    this.transmit = transmit;
    /** In order of their numbers. @type {Sending[]} */
    this.entries = [];
    this.open = false;
  }

  get full() {
    return this.entries.length >= QUEUED;
  }

  /**
   * Numbers a command and queues it. Returns its entry, or null when it is too long or too many wait already.
   * @param {ClientCommand} command
   * @param {{ text?: string, hidden?: boolean, serial?: number }} [about]
   */
  submit(command, { text = "", hidden = false, serial = 0 } = {}) {
    if (this.full || bytesOf(JSON.stringify(command)) > FRAME_BYTES - 40) return null;
    const { type, ...rest } = command;
    const id = this.identity.next();
    const entry = { id, frame: JSON.stringify({ type, id, ...rest }), text, hidden, sent: false, resent: false, serial, at: 0 };
    this.entries.push(entry);
    return entry;
  }

  /** Sends what may be sent: at most 16 unanswered, several to a frame, no frame above the limit. */
  flush() {
    if (!this.open) return;
    const ready = this.entries.slice(0, OUTSTANDING).filter((entry) => !entry.sent);
    /** @type {Sending[]} */
    let batch = [];
    let size = 0;
    const post = () => {
      if (batch.length && this.transmit(batch.map((entry) => entry.frame).join("\n"))) {
        for (const entry of batch) Object.assign(entry, { sent: true, at: performance.now() });
      }
      batch = [];
      size = 0;
    };
    for (const entry of ready) {
      const bytes = bytesOf(entry.frame) + 1;
      if (size + bytes > FRAME_BYTES) post();
      batch.push(entry);
      size += bytes;
    }
    post();
  }

  /** A new connection is ready: everything unanswered goes out again, in order. @param {number} lastCommand */
  reopen(lastCommand) {
    this.identity.raise(lastCommand);
    for (const entry of this.entries) {
      // A number the server knows has been carried out: its stored reply describes the past, not the snapshot's now.
      entry.resent = entry.resent || entry.sent || entry.id <= lastCommand;
      entry.sent = false;
    }
    this.open = true;
    this.flush();
  }

  suspend() {
    this.open = false;
  }

  /** The entry that a reply answers; undefined when it was answered before. @param {number} id */
  settle(id) {
    const index = this.entries.findIndex((entry) => entry.id === id);
    if (index < 0) return undefined;
    const [entry] = this.entries.splice(index, 1);
    this.flush();
    return entry;
  }

  /** Milliseconds since the oldest unanswered command was sent; 0 when none is. */
  waiting(now = performance.now()) {
    const sent = this.entries.filter((entry) => entry.sent).map((entry) => entry.at);
    return sent.length ? now - Math.min(...sent) : 0;
  }

  /** @returns {Kept[]} */
  save() {
    return this.entries.map(({ id, frame, text, hidden, sent, resent }) => ({ id, frame, text, hidden, sent, resent }));
  }

  /** @param {Kept[]} entries */
  restore(entries) {
    this.entries = entries.map((entry) => ({ ...entry, resent: entry.resent || entry.sent, serial: -1, at: 0 }));
  }
}
