// Following another player: where that player leaves by an exit, one goes the same way.

import { folded } from "./words.js";

/** @import { GameEvent } from "./wire.d.ts" */

export class Following {
  /** Empty when nobody is followed. */
  name = "";

  /** The way that the followed player has just taken out of this place; empty when it is none. @type {(event: GameEvent) => string} */
  wayOf({ type, data }) {
    if (type === "chat" || data.action !== "player_left" || !this.name || !data.player) return "";
    return folded(data.player.name) === folded(this.name) ? data.direction ?? "" : "";
  }
}
