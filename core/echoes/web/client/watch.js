// Notices what a browser's WebSocket does not tell: a line that has gone silent, a network or a page that is back.

/** @import { Connection } from "./connection.js" */
/** @import { Outbox } from "./outbox.js" */

const SILENT_MS = 10_000;
const HIDDEN_LONG_MS = 30_000;
const EVERY_MS = 2_000;

/**
 * Commands can be sent again safely, so a silent line is simply replaced. `probe()` sends a harmless command after a
 * long sleep: its answer, or the lack of one, shows whether the connection still works. Returns a function that stops it.
 * @type {(connection: Connection, outbox: Outbox, probe: () => void) => () => void}
 */
export function watch(connection, outbox, probe) {
  let hiddenAt = 0;
  const check = () => {
    const quiet = performance.now() - connection.lastFrameAt;
    if (connection.state === "online" && outbox.waiting() > SILENT_MS && quiet > SILENT_MS) connection.renew("silent");
  };
  const back = () => {
    connection.tryNow();
    if (connection.state === "online") probe();
  };
  const visibility = () => {
    if (document.hidden) {
      hiddenAt = performance.now();
      return;
    }
    connection.tryNow();
    if (connection.state === "online" && performance.now() - hiddenAt > HIDDEN_LONG_MS) probe();
  };
  const timer = setInterval(check, EVERY_MS);
  addEventListener("online", back);
  // A page that comes back as it was left (back button): its socket is gone, although its state says open.
  /** @param {PageTransitionEvent} event */
  const shown = ({ persisted }) => {
    if (!persisted) return;
    connection.renew("shown again");
    connection.tryNow();
  };
  addEventListener("pageshow", shown);
  document.addEventListener("visibilitychange", visibility);
  return () => {
    clearInterval(timer);
    removeEventListener("online", back);
    removeEventListener("pageshow", shown);
    document.removeEventListener("visibilitychange", visibility);
  };
}
