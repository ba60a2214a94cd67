// Making elements. Text of the server goes in as text nodes; no function here inserts markup.

/** @import { PageElements } from "./page.d.ts" */
/** @typedef {string | number | boolean | null | undefined} Attribute */
/** @typedef {{ [Name in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[Name]) => unknown }} Listeners */
/** @typedef {{ on?: Listeners, testid?: string, [attribute: string]: Attribute | Listeners }} Props */
/** @typedef {Node | string | null | undefined} Child */
/**
 * @template {string} S
 * @typedef {S extends `${infer Tag}.${string}` ? Tag : S} TagOf the tag of a selector such as "button.chip"
 */
/**
 * @template {string} S
 * @typedef {TagOf<S> extends keyof HTMLElementTagNameMap ? HTMLElementTagNameMap[TagOf<S>] : HTMLElement} ElementOf
 */
/**
 * @template {string} S
 * @typedef {TagOf<S> extends keyof SVGElementTagNameMap ? SVGElementTagNameMap[TagOf<S>] : SVGElement} SketchOf
 */

/**
 * `h("button.chip", {testid, on: {click}, ...attributes}, ...children)`. A child is a node, a string or null; an
 * attribute that is null, undefined or false is left out.
 * @template {string} S
 * @param {S} selector
 * @param {Props} [props]
 * @param {...(Child | Child[])} children
 * @returns {ElementOf<S>}
 */
export function h(selector, props = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  const element = document.createElement(tag || "div");
  fill(element, classes, props, children);
  return /** @type {ElementOf<S>} */ (element);
}

/**
 * An SVG element, made in the same way as an HTML element.
 * @template {string} S
 * @param {S} selector
 * @param {Props} [props]
 * @param {...(Child | Child[])} children
 * @returns {SketchOf<S>}
 */
export function s(selector, props = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  fill(element, classes, props, children);
  return /** @type {SketchOf<S>} */ (element);
}

/**
 * @param {HTMLElement | SVGElement} element
 * @param {string[]} classes
 * @param {Props} props
 * @param {(Child | Child[])[]} children
 */
function fill(element, classes, { on = {}, testid, ...attributes }, children) {
  if (classes.length) element.classList.add(...classes);
  if (testid) element.dataset.testid = testid;
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, /** @type {Attribute} */ (value));
  for (const [event, listener] of Object.entries(on)) element.addEventListener(event, /** @type {EventListener} */ (listener));
  for (const child of children.flat()) if (child !== null && child !== undefined && child !== "") element.append(child);
}

/**
 * What there is of them.
 * @template Value
 * @param {(Value | null | undefined)[]} list
 */
export const present = (list) => list.flatMap((one) => (one === null || one === undefined ? [] : [one]));

/** @type {(element: Element, name: string, value: Attribute) => void} */
export function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : String(value));
}

/**
 * The element of the page that has this id.
 * @template {keyof PageElements} Id
 * @param {Id} id
 */
export const $ = (id) => /** @type {PageElements[Id]} */ (document.getElementById(id));

/**
 * The first element of `parent` that `selector` names, where there is one for certain.
 * @type {(parent: ParentNode, selector: string) => HTMLElement}
 */
export function part(parent, selector) {
  const found = parent.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`The page has no ${selector} here.`);
  return found;
}

/**
 * Sets text only when it differs, so that nothing is announced or repainted twice.
 * @type {(node: Node, value: string) => void}
 */
export function text(node, value) {
  if (node.textContent !== value) node.textContent = value;
}

/** @type {WeakMap<Element, Map<unknown, Element>>} */
const nodes = new WeakMap();

/**
 * Makes `parent` hold one child per item, in order, reusing the child of an item's key: focus and open panels survive.
 * `create(item)` returns a new element, `update(element, item)` is called for each.
 * @template Item
 * @template {HTMLElement} Row
 * @param {Element} parent
 * @param {readonly Item[]} items
 * @param {(item: Item) => unknown} keyOf
 * @param {(item: Item) => Row} create
 * @param {(row: Row, item: Item) => void} [update]
 */
export function keyed(parent, items, keyOf, create, update = () => {}) {
  const known = /** @type {Map<unknown, Row>} */ (nodes.get(parent) ?? new Map());
  /** @type {Map<unknown, Row>} */
  const next = new Map();
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  const index = focused ? [...parent.children].findIndex((child) => child.contains(focused)) : -1;
  const visibly = focused !== null && isVisiblyFocused(focused);
  /** @type {ChildNode | null} */
  let place = parent.firstChild;
  for (const item of items) {
    const key = keyOf(item);
    const element = known.get(key) ?? create(item);
    update(element, item);
    next.set(key, element);
    if (element === place) place = place.nextSibling;
    else parent.insertBefore(element, place);
  }
  for (const [key, element] of known) if (next.get(key) !== element) element.remove();
  nodes.set(parent, next);
  if (visibly && !parent.contains(document.activeElement)) refocus(parent, index);
}

/**
 * Whether a person sees the focus there; browsers that do not know `:focus-visible` show every focus.
 * @type {(element: Element) => boolean}
 */
function isVisiblyFocused(element) {
  try {
    return element.matches(":focus-visible");
  } catch {
    return true;
  }
}

/**
 * Calls `listener` whenever the element has got another size (browsers without ResizeObserver: the window).
 * @type {(element: Element, listener: () => void) => void}
 */
export function onResize(element, listener) {
  if (window.ResizeObserver) new ResizeObserver(listener).observe(element);
  else addEventListener("resize", listener);
}

/**
 * The element with the focus is gone: go on at its neighbour, or at the command line.
 * @type {(parent: Element, index: number) => void}
 */
function refocus(parent, index) {
  const neighbour = parent.children[Math.min(index, parent.children.length - 1)];
  (neighbour?.querySelector("button") ?? $("command")).focus();
}
