// How far each channel has been read: the whole of "no message lost, none shown twice" on this side.

/** @import { WirePosition } from "./wire.d.ts" */
/** @typedef {Record<string, WirePosition>} Channels positions by the channel's name */
/** @typedef {WirePosition & { channel: string }} Placed an event, as far as it says where it stands */

const LOCATIONS = 8;

export class Positions {
  /** @param {Channels} [known] */
  constructor(known = {}) {
    /** The last event taken of each channel. Sent as `resume`, saved in one record with the log. */
    this.known = known;
    /** What the last snapshot was read behind: its facts already contain everything up to there. @type {Channels} */
    this.snapshot = {};
  }

  get any() {
    return Object.keys(this.known).length > 0;
  }

  /**
   * Notes an event. False: it arrived before, drop it. Offsets may skip; a new epoch starts a new count.
   * @param {Placed} event
   */
  accept({ channel, epoch, offset }) {
    const last = this.known[channel];
    if (last && last.epoch === epoch && offset <= last.offset) return false;
    this.known[channel] = { epoch, offset };
    return true;
  }

  /**
   * True when the snapshot at hand was read after this event: tell it, but do not apply its older facts.
   * @param {Placed} event
   */
  covered({ channel, epoch, offset }) {
    const read = this.snapshot[channel];
    return read !== undefined && read.epoch === epoch && offset <= read.offset;
  }

  /**
   * After welcome. Recovered: missed events follow the page's own positions. Else only the server's positions count.
   * @param {Channels} positions
   * @param {boolean} recovered
   */
  welcome(positions, recovered) {
    this.snapshot = positions;
    const ours = this.known;
    this.known = recovered ? { ...positions, ...pick(ours, Object.keys(positions)) } : { ...positions };
  }

  /**
   * A snapshot sent in place of events: the channels that miss some go on from there, the others from where they are.
   * @param {Channels} positions
   * @param {Channels} behind
   */
  replace(positions, behind) {
    this.snapshot = behind;
    this.follow(positions);
  }

  /**
   * These channels go on from there. Locations that were left are remembered for a while: the character may be back there
   * when a lost connection returns, and what was heard there then does not come again.
   * @param {Channels} positions
   */
  follow(positions) {
    for (const channel of Object.keys(positions)) delete this.known[channel]; // the newest is the last
    Object.assign(this.known, positions);
    for (const channel of Object.keys(this.known).filter(isLocation).slice(0, -LOCATIONS)) delete this.known[channel];
  }
}

/** @type {(channel: string) => boolean} */
function isLocation(channel) {
  return channel.startsWith("location:");
}

/** @type {(object: Channels, keys: string[]) => Channels} */
function pick(object, keys) {
  return Object.fromEntries(keys.filter((key) => key in object).map((key) => [key, object[key]]));
}
