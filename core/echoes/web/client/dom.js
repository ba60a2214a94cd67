// Making elements. Whatever the server said goes in as text nodes; there is no way here to insert markup.

/**
 * `h("button.chip", {testid, on: {click}, ...attributes}, ...children)`. A child is a node, a string or null; an
 * attribute that is null, undefined or false is left out.
 */
export function h(selector, props = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  return fill(document.createElement(tag || "div"), classes, props, children);
}

/** The same for SVG. */
export function s(selector, props = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), classes, props, children);
}

function fill(element, classes, { on = {}, testid, ...attributes }, children) {
  if (classes.length) element.classList.add(...classes);
  if (testid) element.dataset.testid = testid;
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  for (const [event, listener] of Object.entries(on)) element.addEventListener(event, listener);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

export function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : String(value));
}

export const $ = (id) => document.getElementById(id);

/** Sets text only when it differs, so that nothing is announced or repainted twice. */
export function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

const nodes = new WeakMap();

/**
 * Makes `parent` hold one child per item, in order, reusing the child of an item's key: focus and open panels survive.
 * `create(item)` returns a new element, `update(element, item)` is called for each.
 */
export function keyed(parent, items, keyOf, create, update = () => {}) {
  const known = nodes.get(parent) ?? new Map();
  const next = new Map();
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  const index = focused ? [...parent.children].findIndex((child) => child.contains(focused)) : -1;
  const visibly = focused !== null && isVisiblyFocused(focused);
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

/** Whether a person sees the focus there; browsers that do not know `:focus-visible` show every focus. */
function isVisiblyFocused(element) {
  try {
    return element.matches(":focus-visible");
  } catch {
    return true;
  }
}

/** Calls `listener` whenever the element has got another size (browsers without ResizeObserver: the window). */
export function onResize(element, listener) {
  if (window.ResizeObserver) new ResizeObserver(listener).observe(element);
  else addEventListener("resize", listener);
}

/** The element with the focus is gone: go on at its neighbour, or at the command line. */
function refocus(parent, index) {
  const neighbour = parent.children[Math.min(index, parent.children.length - 1)];
  (neighbour?.querySelector("button") ?? $("command")).focus();
}
