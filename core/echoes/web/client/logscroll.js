// Stays at the end of the story, unless the reader has scrolled up; then a button counts what is new below. What is higher than
// the window is shown from its top, and waits there for its reader.

import { onResize } from "./dom.js";

const NEAR_PX = 48;
const GAP_PX = 8;

/**
 * `begin(node)` is where the reader is to begin: at a command just sent, or at the first entry. `grown(count, same)` is to be called
 * after entries were added: `same` when they belong to what began last. `end()` goes to the end. `shortened(take)` calls `take`, which
 * removes the oldest entries, and leaves what the reader reads where it is.
 * @param {HTMLElement} element
 * @param {HTMLElement} button
 */
export function keepBelow(element, button) {
  let following = true;
  let unseen = 0;
  // Where the reader is, more exactly than a browser says it, which counts in whole pixels: they would add up.
  let place = 0;
  /** What the reader begins with; null when that is over. @type {HTMLElement | null} */
  let start = null;
  let held = false;
  const left = () => element.scrollHeight - element.scrollTop - element.clientHeight;
  const atEnd = () => left() < NEAR_PX;
  const highest = () => {
    if (!start || !element.contains(start)) return Infinity;
    if (start === element.firstElementChild) return 0;
    return element.scrollTop + start.getBoundingClientRect().top - element.getBoundingClientRect().top - GAP_PX;
  };
  const show = () => {
    button.hidden = following || unseen === 0;
    if (!button.hidden) button.textContent = `${unseen} new below`;
  };
  const follow = () => {
    following = true;
    unseen = 0;
    element.scrollTop = Math.min(element.scrollHeight - element.clientHeight, highest());
    place = element.scrollTop;
    held = !atEnd();
    show();
  };
  const end = () => {
    start = null;
    follow();
  };
  element.addEventListener("scroll", () => {
    if (Math.abs(element.scrollTop - place) <= 1) return; // not the reader's doing
    place = element.scrollTop;
    following = atEnd();
    start = null;
    if (following) unseen = 0;
    show();
  });
  button.addEventListener("click", () => {
    end();
    element.focus({ preventScroll: true });
  });
  // The keyboard of a phone, a wider window, larger text: the end stays the end.
  onResize(element, () => {
    if (following) follow();
  });
  return {
    end,
    /** @param {HTMLElement} node */
    begin(node) {
      following = true;
      start = node;
    },
    /** @type {(count: number, same: boolean) => void} */
    grown(count, same) {
      if (!same && following) {
        following = !held;
        start = null;
      }
      if (following) follow();
      else if (!same) unseen += count;
      show();
    },
    /** @type {(take: () => void) => void} */
    shortened(take) {
      const anchor = element.lastElementChild;
      if (following || !anchor) return take();
      // Browsers with scroll anchoring would do it once more.
      element.style.overflowAnchor = "none";
      if (Math.abs(element.scrollTop - place) > 1) place = element.scrollTop;
      const before = anchor.getBoundingClientRect().top + element.scrollTop;
      take();
      place = Math.max(0, place + anchor.getBoundingClientRect().top + element.scrollTop - before);
      element.scrollTop = place;
      element.style.overflowAnchor = "";
    },
  };
}
