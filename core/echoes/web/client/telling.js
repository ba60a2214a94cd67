// Which log entries an event makes. Pure: an event in, entries out.

const QUOTED = /^[“"'‘].*[”"'’]$/s;

/** Zero or more entries for the log. `hp` is what one had before. */
export function tell({ type, data, timestamp }, hp) {
  const at = timestamp;
  if (type === "chat") return [chat(data, at)];
  if (!data.message) return [];
  if (type === "server_announcement" || type === "global_broadcast") return [{ kind: "announcement", text: data.message, at }];
  if (type === "combat_update" || hurts(data, hp)) return [{ kind: "danger", text: data.message, at }];
  return [{ kind: "event", text: data.message, at }];
}

function chat({ kind, sender, text, message }, at) {
  if (kind === "emote") return { kind, text: message || `${sender.name} ${text}`, at };
  const quoted = QUOTED.test(text) ? text : `“${text}”`;
  return { kind: kind === "whisper" ? "whisper" : "say", who: sender.name, text: text ? quoted : message, at };
}

/** A change for the worse of one's own body is danger, whatever its type. */
function hurts(data, hp) {
  return Boolean(data.you && data.you.hp < hp);
}

const REMEMBERED = 16;

/** A move is told twice, by the command's reply and by an event, in either order. The first of them speaks. */
export class Told {
  constructor(keys = []) {
    this.keys = keys;
  }

  /** False when the same was told about this version of oneself. */
  first(version, message) {
    if (!version) return true;
    const key = `${version} ${message}`;
    if (this.keys.includes(key)) return false;
    this.keys = [...this.keys, key].slice(-REMEMBERED);
    return true;
  }
}
