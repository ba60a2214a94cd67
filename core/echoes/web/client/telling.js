// Which log entries an event makes. Pure: an event in, entries out.

/** @import { Entry } from "./log.js" */
/** @import { Chat, GameEvent, Happening } from "./wire.d.ts" */

const QUOTED = /^[“"'‘].*[”"'’]$/s;

/**
 * Zero or more entries for the log; an event of a type that this page does not know counts as a happening. `hp` is what one had before.
 * @type {(event: GameEvent, hp: number) => Entry[]}
 */
export function tell(event, hp) {
  const at = event.timestamp;
  if (event.type === "chat") return [chat(event.data, at)];
  const { data } = event;
  if (!data.message) return [];
  return [{ kind: hurts(data, hp) ? "danger" : "event", text: data.message, at }];
}

/** @type {(said: Chat, at: string) => Entry} */
function chat({ kind, sender, text, message }, at) {
  if (kind === "emote") return { kind, text: message || `${sender.name} ${text}`, at };
  if (kind === "shout") return { kind: "event", text: message, at };
  const quoted = QUOTED.test(text) ? text : `“${text}”`;
  return { kind: kind === "whisper" ? "whisper" : "say", who: sender.name, text: text ? quoted : message, at };
}

/** A loss of the own hit points is danger, in events of any type. @type {(data: Happening, hp: number) => boolean} */
function hurts(data, hp) {
  return Boolean(data.you && data.you.hp < hp);
}

const REMEMBERED = 16;

/** A move arrives twice, by the command's reply and by an event, in either order. The first one is shown. */
export class Told {
  /** @param {string[]} [keys] */
  constructor(keys = []) {
    this.keys = keys;
  }

  /**
   * False when the same was shown for this version of the own character.
   * @param {number | undefined} version
   * @param {string} message
   */
  first(version, message) {
    if (!version) return true;
    const key = `${version} ${message}`;
    if (this.keys.includes(key)) return false;
    this.keys = [...this.keys, key].slice(-REMEMBERED);
    return true;
  }
}
