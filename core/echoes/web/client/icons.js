// The page's icons: drawn, since a character is a box where no font has it.

import { s } from "./dom.js";

/** On a field of 16 by 16. */
const PATHS = {
  arrow: "M8 14V3M3.5 7.5 8 3l4.5 4.5",
  up: "M8 14V5M4 8.5 8 4.5l4 4M3 1.8h10",
  down: "M8 2v9M4 7.5l4 4 4-4M3 14.2h10",
  in: "M1.5 8H10M6.5 4.5 10 8l-3.5 3.5M14 2v12",
  out: "M6 8h8.5M11 4.5 14.5 8 11 11.5M2 2v12",
  way: "M8 6.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 1 0 0-3Z",
  stamina: "M9 1.5 4 9h3.5L6.5 14.5 12 6.5H8.2Z",
  ember: "M8 1.2c1.7 3 4.6 4.9 4.6 8.7a4.6 4.8 0 0 1-9.2 0c0-2.2 1.3-3.3 2-4.8.5 1 .9 1.5 1.6 1.9C7.4 5 7.2 3.2 8 1.2Z",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  target: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 1 0 0-11ZM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 1 0 0-3.6Z",
};

/** An icon as high as the text around it; it says nothing to who listens. @type {(name: keyof typeof PATHS) => SVGSVGElement} */
export const icon = (name) => s("svg", { class: `icon icon-${name}`, viewBox: "0 0 16 16", "aria-hidden": "true" }, s("path", { d: PATHS[name] }));

/** The one for a way that no compass knows. @type {(direction: string) => SVGSVGElement} */
export const signOf = (direction) => icon(direction === "up" || direction === "down" || direction === "in" || direction === "out" ? direction : "way");
