// Where one is: the picture, the name, how dangerous it is, and the ways out.

import { address } from "./address.js";
import { icon, signOf } from "./icons.js";
import { $, h, keyed, part, text, setAttribute } from "./dom.js";
import { angleOf, byCompass, dangerWord } from "./words.js";
import { staminaNow } from "./facts.js";

/** @import { Act, Place, State, Store } from "./state.js" */

const WORST = 5;

/** Draws the place whenever it changes. `act` sends what a click means. @type {(store: Store, act: Act) => void} */
export function showPlace(store, act) {
  const picture = $("picture");
  /** @type {(visible: boolean) => () => void} */
  const shown = (visible) => () => {
    picture.hidden = !visible;
  };
  picture.addEventListener("error", shown(false));
  picture.addEventListener("load", shown(true));
  store.on(["location"], ({ location }) => {
    text($("location-name"), location.name);
    text($("district"), location.district);
    danger($("danger"), location.danger_level);
    illustrate(picture, location);
  });
  store.on(["location", "map"], (state) => exits(state, act));
  const weary = () => tire(store.state);
  store.on(["you", "location"], weary);
  setInterval(weary, 2000);
}

/** @type {(picture: HTMLImageElement, place: Place) => void} */
function illustrate(picture, { image, image_alt }) {
  const source = image ? address(image) : "";
  picture.alt = image_alt;
  if (picture.getAttribute("src") === source) return;
  picture.hidden = true;
  setAttribute(picture, "src", source || null);
}

/** @type {(element: HTMLElement, level: number) => void} */
function danger(element, level) {
  const marks = Array.from({ length: WORST }, (_, index) => h(index < level ? "i.lit" : "i", {}, icon("ember")));
  element.replaceChildren(
    h("span.marks", { "aria-hidden": "true" }, marks),
    h("span.sr", {}, `Danger ${level} of ${WORST}: `),
    dangerWord(level),
  );
}

/** @type {(state: State, act: Act) => void} */
function exits({ location, map }, act) {
  const names = new Map(map.map((place) => [place.id, place.name]));
  keyed(
    $("exit-list"),
    [...location.exits].sort(byCompass),
    (exit) => exit.direction,
    (exit) => exitChip(exit.direction, act),
    (item, exit) => {
      const button = part(item, "button");
      const name = exit.name || names.get(exit.to) || "";
      button.dataset.stamina = String(exit.stamina);
      text(part(button, ".to"), name || "unexplored");
      button.classList.toggle("unexplored", !name);
      text(part(button, ".number"), String(exit.stamina));
      setAttribute(button, "title", exit.look || null);
    },
  );
}

/** @type {(direction: string, act: Act) => HTMLElement} */
function exitChip(direction, act) {
  const angle = angleOf(direction);
  const needle = h("i.needle", { "aria-hidden": "true" }, angle === null ? signOf(direction) : icon("arrow"));
  if (angle !== null) needle.style.transform = `rotate(${angle}deg)`;
  const go = () => act({ type: "move", direction }, direction);
  return h("li", {},
    h("button.exit", { type: "button", testid: `exit-${direction}`, on: { click: go } },
      needle, h("span.way", { translate: "no" }, direction), " ", h("span.to", { dir: "auto" }), " ",
      h("span.cost", {}, h("span.number"), icon("stamina"), h("span.sr", {}, " stamina"))));
}

/** Marks the ways that cost more than one has left; the server decides, this only warns. @type {(state: State) => void} */
function tire({ you, skew }) {
  if (!you) return;
  const left = staminaNow(you, skew);
  for (const button of $("exit-list").querySelectorAll("button")) {
    button.classList.toggle("tiring", Number(button.dataset.stamina) > left);
  }
}
