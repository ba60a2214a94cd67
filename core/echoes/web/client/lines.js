// The commands of one typed line. Pure: a line, what was sent before and the commands known in, single lines out.

/** @import { CommandView } from "./wire.d.ts" */

export const MOST = 20;
const AGAIN = new Set(["again", "g", "repeat"]);
const WAYS = new Set("n ne e se s sw w nw u d north northeast east southeast south southwest west northwest up down in out".split(" "));
const SPEECH = /^['"’‘‚‛“”„«»:：]/;

/** @type {(line: string) => boolean} */
export const isAgain = (line) => AGAIN.has(line.trim().toLowerCase());

/**
 * `n; n; look` and `n n e` are several commands, each sent under a number of its own; words that are spoken keep their `;`.
 * `again` stands for `last`. At most `MOST` commands.
 * @type {(text: string, last: string, commands: CommandView[]) => string[]}
 */
export function commandsOf(text, last, commands) {
  const found = split(text.trim(), commands).flatMap((line) => (isAgain(line) && last ? split(last, commands) : [line]));
  return found.slice(0, MOST);
}

/** @type {(line: string, commands: CommandView[]) => string[]} */
function split(line, commands) {
  if (!line) return [];
  if (speaks(line, commands)) return [line];
  const end = line.search(/[;；]/);
  if (end >= 0) return [...walk(line.slice(0, end).trim()), ...split(line.slice(end + 1).trim(), commands)];
  return walk(line);
}

/** @type {(line: string) => string[]} */
function walk(line) {
  const words = line.split(/\s+/).filter(Boolean);
  return words.length > 1 && words.every((word) => WAYS.has(word.toLowerCase())) ? words : [line].filter(Boolean);
}

/** @type {(line: string, commands: CommandView[]) => boolean} */
function speaks(line, commands) {
  const verb = /^[^\s;；]+/.exec(line)?.[0].toLowerCase() ?? "";
  const free = line.charAt(verb.length) !== ";" && line.charAt(verb.length) !== "；";
  return SPEECH.test(line) || (free && commands.some(({ name, aliases, speaks: words }) => words && (name === verb || aliases.includes(verb))));
}
