// Browser storage that never throws: private windows and full disks cost memory of the past, not the game.

/** The parsed value under `key` in `area` (localStorage or sessionStorage), or `fallback`. */
export function read(area, key, fallback = null) {
  try {
    const text = area.getItem(key);
    return text === null ? fallback : JSON.parse(text);
  } catch {
    return fallback;
  }
}

/** Stores `value` as JSON. Returns false when the browser refuses. */
export function write(area, key, value) {
  try {
    area.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

export function remove(area, key) {
  try {
    area.removeItem(key);
  } catch {
    // nothing to forget
  }
}
