// The command line: typing, history, completion, and the row of common commands.

import { $, h, keyed } from "./dom.js";
import { History } from "./history.js";
import { commandsOf, isAgain } from "./lines.js";
import { Pasted } from "./pasted.js";
import { read, write, session } from "./storage.js";
import { Suggestions } from "./suggest.js";

/** @import { Act, Draft, Store } from "./state.js" */
/** @import { CommandView } from "./wire.d.ts" */

const DRAFT = "echoes.draft";
const COMMON = /** @type {const} */ (["look", "search", "rest", "inventory", "who", "help"]);

/**
 * `send(text)` gets every line that was typed; `act` what a chip means; `say(text)` reads aloud. Returns what puts the beginning of a
 * line there.
 * @type {(store: Store, others: { send: (text: string) => void, act: Act, say: (text: string) => void }) => Draft}
 */
export function composer(store, { send, act, say }) {
  const input = $("command");
  const history = new History();
  const suggestions = new Suggestions(input, $("suggestions"), () => store.state);

  const pasted = new Pasted(input, $("pasted"), say);
  input.value = read(session, DRAFT, "");
  addEventListener("pagehide", () => write(session, DRAFT, input.value));

  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    const lines = [input.value.trim(), ...pasted.release()].filter(Boolean);
    suggestions.close();
    input.value = "";
    write(session, DRAFT, "");
    for (const line of lines) {
      const commands = commandsOf(line, history.last, store.state.commands);
      if (!isAgain(line)) history.add(line);
      for (const text of commands) send(text);
    }
  };
  /** @param {number} step */
  const recall = (step) => {
    const line = history.walk(step, input.value);
    if (line === null) return;
    suggestions.close();
    input.value = line;
    input.setSelectionRange(line.length, line.length);
  };
  /** What a key does; true when that is all it does. @type {Record<string, (event: KeyboardEvent) => boolean>} */
  const KEYS = {
    Tab: (event) => input.value.trim() !== "" && suggestions.advance(event.shiftKey ? -1 : 1),
    ArrowDown: () => (suggestions.engaged ? suggestions.advance(1) : recall(1), true),
    ArrowUp: () => (suggestions.engaged ? suggestions.advance(-1) : recall(-1), true),
    Enter: () => suggestions.engaged && (suggestions.accept(), true),
    Escape: () => (suggestions.open ? (suggestions.close({ restore: true }), true) : pasted.waiting && (pasted.release(), true)),
  };
  $("composer").addEventListener("submit", submit);
  input.addEventListener("input", () => {
    suggestions.typed();
    write(session, DRAFT, input.value);
  });
  input.addEventListener("blur", () => suggestions.close());
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    if (KEYS[event.key]?.(event)) event.preventDefault();
  });
  shortcuts();
  store.on(["commands"], ({ commands }) => verbs(commands, act));

  return (text) => {
    pasted.release();
    input.value = text;
    input.focus();
    input.setSelectionRange(text.length, text.length);
  };
}

/** Where there is little height, as beside an open panel, ways out and common commands are behind a button. */
function shortcuts() {
  const button = $("shortcuts");
  /** @param {boolean} open */
  const show = (open) => {
    button.setAttribute("aria-expanded", String(open));
    $("composer").classList.toggle("open", open);
  };
  // The focus, and with it a phone's keyboard, stays where it is.
  button.addEventListener("pointerdown", (event) => event.preventDefault());
  button.addEventListener("click", () => show(button.getAttribute("aria-expanded") !== "true"));
  for (const list of [$("exits"), $("verbs")]) list.addEventListener("click", () => show(false));
}

/** @type {(commands: CommandView[], act: Act) => void} */
function verbs(commands, act) {
  const known = new Set(commands.map((command) => command.name));
  keyed($("verbs"), COMMON.filter((name) => known.has(name)), (name) => name, (name) =>
    h("button.chip", { type: "button", testid: `verb-${name}`, on: { click: () => act({ type: name }, name) } }, name));
}

/** Esc leads back to the command line from anywhere; typing in the open finds it by itself. */
export function keysToComposer() {
  const input = $("command");
  document.addEventListener("keydown", (event) => {
    if ($("game").hidden || document.querySelector("dialog[open]") || event.defaultPrevented) return;
    if (event.key === "Escape") input.focus();
    const open = document.activeElement === document.body || document.activeElement === $("log");
    const plain = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.altKey && !event.metaKey;
    if (open && plain) input.focus();
  });
  // With a mouse one clicks, then types on; a finger must not call the keyboard up.
  $("game").addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    // Some browsers' click is a MouseEvent, which does not say what clicked: there the focus stays where it is.
    const mouse = event instanceof PointerEvent && event.pointerType === "mouse" && event.detail > 0;
    if (mouse && button && !button.hasAttribute("aria-expanded") && !button.closest(".quantity, dialog, .top, .views, .overlay")) input.focus();
  });
}
