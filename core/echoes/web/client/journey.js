// The way to a far place: the page takes one step after the other, each a command, while nothing happens and the player does nothing.

/** @import { State } from "./state.js" */
/** @import { GameEvent } from "./wire.d.ts" */

const PACE_MS = 900;
/** What others do on their own way. */
const PASSING = new Set(["moved", "woke", "player_arrived", "player_left", "player_linkdead", "npc_left"]);

/** Whether a walker stops for it. @type {(event: GameEvent) => boolean} */
export function interrupts({ type, data }) {
  if (type === "chat") return data.kind !== "emote";
  const { action = "", message, npc } = data;
  if (action === "npc_arrived") return npc?.disposition === "hostile";
  return Boolean(message) && !PASSING.has(action);
}

/** Whether a walker goes on from here. @type {(state: Pick<State, "fight" | "location">) => boolean} */
export const isSafe = ({ fight, location }) => fight === null && !location.npcs.some(({ disposition }) => disposition === "hostile");

export class Journey {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #quiet = false;

  /**
   * `step(line)` sends the next step; `isSafe()` is asked just before; `stopped()` is called when a journey ends before its goal.
   * @param {{ step: (line: string) => void, isSafe: () => boolean, stopped: () => void }} parts
   */
  constructor({ step, isSafe, stopped }) {
    this.step = step;
    this.isSafe = isSafe;
    this.stopped = stopped;
  }

  /** A command goes out: what was on its way ends, and what this one begins may go on. */
  begin() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#quiet = true;
  }

  /** Its reply: `line` is the next step, or empty at the goal. @param {string} line */
  next(line) {
    if (!line) return;
    if (!this.#quiet) return this.stopped();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.isSafe()) this.step(line);
      else this.stopped();
    }, PACE_MS);
  }

  /** Something has happened. */
  interrupt() {
    this.#quiet = false;
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.stopped();
  }
}
