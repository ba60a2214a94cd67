// Stays at the end of the story, unless the reader has scrolled up; then a button counts what is new below.

import { onResize } from "./dom.js";

const NEAR_PX = 48;

/**
 * `grown(count, force)` is to be called after entries were added; `shortened(take)` calls `take`, which removes the oldest entries, and
 * leaves what the reader reads where it is.
 * @param {HTMLElement} element
 * @param {HTMLElement} button
 */
export function keepBelow(element, button) {
  let following = true;
  let unseen = 0;
  const atEnd = () => element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
  const show = () => {
    button.hidden = following || unseen === 0;
    if (!button.hidden) button.textContent = `${unseen} new below`;
  };
  const follow = () => {
    following = true;
    unseen = 0;
    element.scrollTop = element.scrollHeight;
    show();
  };
  // Where the reader is, more exactly than a browser says it, which counts in whole pixels: they would add up.
  let place = 0;
  element.addEventListener("scroll", () => {
    if (Math.abs(element.scrollTop - place) > 1) place = element.scrollTop;
    following = atEnd();
    if (following) unseen = 0;
    show();
  });
  button.addEventListener("click", () => {
    follow();
    element.focus({ preventScroll: true });
  });
  // The keyboard of a phone, a wider window, larger text: the end stays the end.
  onResize(element, () => {
    if (following) follow();
  });
  return {
    /** @type {(count: number, force?: boolean) => void} */
    grown(count, force = false) {
      if (force || following) follow();
      else unseen += count;
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
