// What the page itself understands of what is typed: words about the page, and those that it turns into another command.

import { folded } from "./words.js";

/** @import { Following } from "./following.js" */
/** @import { ClientCommand, CommandView } from "./wire.d.ts" */
/**
 * @typedef {object} Doing what the words are carried out with
 * @property {Pick<Following, "name">} following
 * @property {string[]} here the names of the players here
 * @property {string} whisperer who whispered last; empty when nobody has
 * @property {(command: ClientCommand, text: string) => void} act
 * @property {(text: string) => void} notice the answer
 * @property {() => void} settings
 * @property {() => void} clear
 * @property {() => void} quit
 * @property {() => void} logOut
 */

/** As the server describes its own. @type {CommandView[]} */
export const PAGE_COMMANDS = [
  { name: "reply", usage: "reply <words>", summary: "Answer the one who whispered to you last.", aliases: ["r"], speaks: true },
  { name: "follow", usage: "follow [name]", summary: "Go where another player goes; without a name, end it.", aliases: ["unfollow"], speaks: false },
  { name: "clear", usage: "clear", summary: "Clear the story.", aliases: ["cls"], speaks: false },
  { name: "settings", usage: "settings", summary: "Text size, contrast, motion, account.", aliases: ["options", "config"], speaks: false },
  { name: "quit", usage: "quit", summary: "Leave, to play somebody else or come back later.", aliases: ["exit game", "quit game"], speaks: false },
  { name: "logout", usage: "logout", summary: "Leave and sign out.", aliases: ["log out", "logoff", "log off"], speaks: false },
];

/** @type {Record<string, (rest: string, line: string, doing: Doing) => void>} */
const MEANS = {
  reply(rest, line, { whisperer, act, notice }) {
    if (!whisperer) notice("Nobody has whispered to you yet.");
    else if (!rest) notice(`Reply what? ${whisperer} whispered to you last.`);
    else act({ type: "whisper", to: whisperer, text: rest }, line);
  },
  follow(rest, line, { following, here, notice }) {
    const before = following.name;
    const ends = !rest || /^\/?unfollow/i.test(line.trim());
    const found = here.find((name) => folded(name) === folded(rest)) ?? "";
    if (!ends && !found) return notice(`No player called ${rest} is here. follow needs the whole name.`);
    following.name = ends ? "" : found;
    if (following.name) notice(`You follow ${following.name}: where they leave by an exit, you go the same way. follow without a name ends it.`);
    else notice(before ? `You follow ${before} no longer.` : "You follow nobody. follow <name> goes where another player goes.");
  },
  clear: (_, __, { clear }) => clear(),
  settings: (_, __, { settings }) => settings(),
  quit: (_, __, { quit }) => quit(),
  logout: (_, __, { logOut }) => logOut(),
};

/**
 * Carries a line out when it is one of the page's; false when it is for the server. Words without an argument mean the page only when
 * nothing follows them.
 * @type {(line: string, doing: () => Doing) => boolean}
 */
export function understand(line, doing) {
  const typed = line.trim().replace(/^\//, "");
  const help = /^help\s+(.+)$/i.exec(typed);
  if (help) {
    const page = PAGE_COMMANDS.find(({ name, aliases }) => [name, ...aliases].includes(help[1].trim().toLowerCase()));
    if (page) doing().notice(`${page.usage} — ${page.summary}${page.aliases.length ? ` Also: ${page.aliases.join(", ")}.` : ""}`);
    return page !== undefined;
  }
  for (const { name, usage, aliases } of PAGE_COMMANDS) {
    for (const word of [name, ...aliases]) {
      const begins = typed.toLowerCase().startsWith(word) && (typed.length === word.length || /\s/.test(typed.charAt(word.length)));
      const rest = typed.slice(word.length).trim();
      if (!begins || (rest && !usage.includes(" "))) continue;
      MEANS[name](rest, line, doing());
      return true;
    }
  }
  return false;
}
