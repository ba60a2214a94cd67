// What a half-typed line may become. Pure: a line and the state in, whole lines out.

import { byCompass } from "./words.js";

/** @import { Item } from "./facts.js" */
/** @import { State } from "./state.js" */
/** @import { CommandView } from "./wire.d.ts" */
/** @typedef {Pick<State, "location" | "players" | "ground" | "bag" | "commands">} World */
/** @typedef {{ label: string, note: string }} Candidate */
/** @typedef {Candidate & { line: string }} Completion */

const LIMIT = 8;

/** What a command's argument can be, by the command's name; aliases come from the server. @type {Record<string, string[]>} */
const VERBS = {
  ways: ["move"],
  ground: ["pick_up", "pick", "take", "get"],
  bag: ["use"],
  loose: ["drop", "give"],
  wearable: ["equip"],
  worn: ["unequip"],
  people: ["whisper", "ignore", "unignore", "report", "follow"],
  things: ["search"],
  any: ["look"],
  commands: ["help"],
};

/** At most 8 completions of `text`, best first; none for an empty line. @type {(text: string, state: World) => Completion[]} */
export function complete(text, state) {
  const line = text.replace(/^\s+/, "");
  if (!line) return [];
  const { verb, rest } = split(line, state.commands);
  const found = verb ? argument(verb, rest, state) : firstWord(line.toLowerCase(), state);
  return found.filter((each) => each.line.trimEnd() !== line.trimEnd()).slice(0, LIMIT);
}

/**
 * A verb may have two words (`pick up`) and a number after it (`get 2`); without a space there is none yet.
 * @type {(line: string, commands: CommandView[]) => { verb: string, rest: string }}
 */
function split(line, commands) {
  const words = commands.flatMap(({ name, aliases }) => [name, ...aliases]).filter((word) => word.includes(" "));
  const two = words.find((word) => line.toLowerCase().startsWith(`${word} `));
  const end = two ? two.length : line.indexOf(" ");
  if (end < 0) return { verb: "", rest: "" };
  const many = /^\s*(\d+\s|all\s)?/.exec(line.slice(end))?.[0].length ?? 0;
  return { verb: line.slice(0, end + many).trimEnd(), rest: line.slice(end + many) };
}

/** @type {(word: string, state: World) => Completion[]} */
function firstWord(word, { commands, location }) {
  const verbs = commands.flatMap(({ name, usage, summary, aliases }) => {
    const label = [name.replaceAll("_", " "), ...aliases].find((each) => each.startsWith(word));
    return label ? [{ line: takesMore(usage) ? `${label} ` : label, label, note: summary }] : [];
  });
  const ways = [...location.exits]
    .sort(byCompass)
    .filter(({ direction }) => direction.startsWith(word))
    .map(({ direction, name }) => ({ line: direction, label: direction, note: name || "unexplored" }));
  return [...ways, ...verbs].sort((a, b) => a.label.length - b.label.length || a.label.localeCompare(b.label));
}

/** @type {(usage: string) => boolean} */
const takesMore = (usage) => /[[<]/.test(usage);

/** @type {(verb: string, rest: string, state: World) => Completion[]} */
function argument(verb, rest, state) {
  const word = verb.toLowerCase().replace(/\s(\d+|all)$/, "");
  const kind = kindOf(word, state.commands);
  if (!kind) return [];
  const to = word === "give" ? /^(.*\sto\s)(.*)$/i.exec(rest) : null;
  if (to) return matches(people(state), to[2]).map((each) => ({ ...each, line: `${verb} ${to[1]}${each.label}` }));
  const after = AFTER[word] ?? "";
  return matches(candidates(kind, state), rest).map((each) => ({ ...each, line: `${verb} ${each.label}${after}` }));
}

/** What follows the argument. @type {Record<string, string>} */
const AFTER = { give: " to ", whisper: " ", tell: " ", report: " " };

/** @type {(verb: string, commands: CommandView[]) => string | null} */
function kindOf(verb, commands) {
  const command = commands.find(({ name, aliases }) => name === verb || aliases.includes(verb));
  for (const [kind, verbs] of Object.entries(VERBS)) {
    if (verbs.includes(verb) || (command && verbs.includes(command.name))) return kind;
  }
  return null;
}

/** @type {(kind: string, state: World) => Candidate[]} */
function candidates(kind, state) {
  const { location, commands, bag, ground } = state;
  const ways = () => [...location.exits].sort(byCompass).map(({ direction, name }) => ({ label: direction, note: name || "unexplored" }));
  /** @type {(list: Item[], note: string) => Candidate[]} */
  const items = (list, note) => list.map((item) => ({ label: item.name, note }));
  const things = () => location.things.map((thing) => ({ label: thing.name, note: thing.searchable ? "can be searched" : "" }));
  switch (kind) {
    case "ways": return ways();
    case "ground": return items(ground, "lying here");
    case "bag": return items(bag.filter((item) => !item.worn), "in your bag");
    case "loose": return items(bag.filter((item) => !item.worn && !item.personal), "in your bag");
    case "wearable": return items(bag.filter((item) => item.slot && !item.worn), "in your bag");
    case "worn": return items(bag.filter((item) => item.worn), "worn");
    case "people": return people(state);
    case "things": return things();
    case "commands": return commands.map(({ name, summary }) => ({ label: name, note: summary }));
    default: return [...things(), ...people(state), ...items(ground, "lying here"), ...items(bag, "yours"), ...ways()];
  }
}

/** @type {(state: World) => Candidate[]} */
const people = ({ players, location }) => [
  ...players.map(({ name }) => ({ label: name, note: "here" })),
  ...location.npcs.map(({ name, disposition }) => ({ label: name, note: disposition })),
];

/**
 * Those whose name, or any word of it, begins as typed; each label once.
 * @type {(list: Candidate[], typed: string) => Candidate[]}
 */
function matches(list, typed) {
  const start = typed.trim().toLowerCase();
  const unique = [...new Map(list.map((each) => [each.label, each])).values()];
  /** @type {(candidate: Candidate) => number} */
  const rank = ({ label }) => {
    const name = label.toLowerCase();
    if (name.startsWith(start)) return 0;
    return name.split(/[\s-]+/).some((word) => word.startsWith(start)) ? 1 : 2;
  };
  return unique.filter((each) => rank(each) < 2).sort((a, b) => rank(a) - rank(b));
}
