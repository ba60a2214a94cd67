// The sketch in its frame: centred on the own character, moved by dragging, made larger and smaller.

import { $, h, onResize, s } from "./dom.js";
import { icon } from "./icons.js";
import { plot, sketch, definitions } from "./map.js";
import { showMapWords } from "./mapwords.js";

/** @import { Act, Store } from "./state.js" */
/** @typedef {{ x: number, y: number, zoom: number, here: string }} View the middle, an index of ZOOMS, and the location it was centred on */

const ZOOMS = [0.5, 0.7, 1, 1.4, 2];

/** `act` walks when a neighbouring place is clicked. @type {(store: Store, act: Act) => void} */
export function showMap(store, act) {
  const sheet = s("svg", { role: "img" }, definitions());
  /** @type {View} */
  const view = { x: 0, y: 0, zoom: 2, here: "" };
  /** @type {SVGGElement | null} */
  let ink = null;

  const place = () => {
    const scale = ZOOMS[view.zoom];
    const middle = `translate(${sheet.clientWidth / 2} ${sheet.clientHeight / 2})`;
    ink?.setAttribute("transform", `${middle} scale(${scale}) translate(${-view.x} ${-view.y})`);
  };
  const centre = () => {
    const here = plot(store.state.map).get(store.state.location.id);
    if (here) Object.assign(view, { x: here.x, y: here.y });
    place();
  };
  /** @type {(step: number) => () => void} */
  const zoom = (step) => () => {
    view.zoom = Math.max(0, Math.min(ZOOMS.length - 1, view.zoom + step));
    place();
  };
  /** @type {(label: string, sign: "plus" | "minus" | "target", click: () => void, testid: string) => HTMLElement} */
  const tool = (label, sign, click, testid) => h("button", { type: "button", "aria-label": label, title: label, testid, on: { click } }, icon(sign));

  $("map").append(
    sheet,
    h("p.north", { "aria-hidden": "true" }, icon("arrow"), "N"),
    h("p.map-tools", {}, tool("Larger", "plus", zoom(1), "map-in"), tool("Smaller", "minus", zoom(-1), "map-out"), tool("Back to me", "target", centre, "map-centre")),
  );
  drag(sheet, view, place);
  onResize(sheet, place);

  store.on(["map", "location"], ({ map, location }) => {
    const points = plot(map);
    const ways = new Map(location.exits.map((exit) => [exit.to, exit.direction]));
    /** @type {(id: string) => void} */
    const walk = (id) => {
      const direction = ways.get(id);
      if (direction) act({ type: "move", direction }, direction);
    };
    const next = sketch(points, location.id, new Set(ways.keys()), walk);
    if (ink) ink.replaceWith(next);
    else sheet.append(next);
    ink = next;
    const explored = map.filter((each) => each.explored).length;
    sheet.setAttribute("aria-label", `Sketch of ${explored} explored places around ${location.name}. The survey in words follows.`);
    if (view.here !== location.id) {
      view.here = location.id;
      centre();
    } else {
      place();
    }
  });
  showMapWords(store);
}

/** @type {(sheet: SVGSVGElement, view: View, place: () => void) => void} */
function drag(sheet, view, place) {
  /** @type {{ x: number, y: number, at: { x: number, y: number }, moved: boolean } | null} */
  let from = null;
  sheet.addEventListener("pointerdown", (event) => {
    from = { x: event.clientX, y: event.clientY, at: { x: view.x, y: view.y }, moved: false };
  });
  sheet.addEventListener("pointermove", (event) => {
    if (!from) return;
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
    if (!from.moved && Math.hypot(dx, dy) < 5) return;
    if (!from.moved) sheet.setPointerCapture(event.pointerId);
    from.moved = true;
    view.x = from.at.x - dx / ZOOMS[view.zoom];
    view.y = from.at.y - dy / ZOOMS[view.zoom];
    place();
  });
  const end = () => {
    from = null;
  };
  sheet.addEventListener("pointerup", end);
  sheet.addEventListener("pointercancel", end);
}
