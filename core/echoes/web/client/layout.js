// One column on a phone, three on a desk: the same elements, moved to where they are wanted.

import { $, part } from "./dom.js";

const PHONE = "(max-width: 719px)";
/** CSS pixels: above a phone's keyboard, or at a zoom of 400 %, a window is not higher. */
const LOW = 430;

/**
 * Keeps the layout right from now on. Returns `view(name)`, which shows one of a phone's views.
 * @type {() => (name: string) => void}
 */
export function layout() {
  const phone = matchMedia(PHONE);
  const game = $("game");
  const panels = [...game.querySelectorAll(".dealing")];
  const tighten = () => {
    const low = phone.matches && seenHeight() <= LOW;
    game.classList.toggle("tight", low);
    game.classList.toggle("folded", low || (phone.matches && panels.some((panel) => !panel.hasAttribute("hidden"))));
  };
  const arrange = () => {
    if (phone.matches) narrow();
    else wide();
    tighten();
  };
  phone.addEventListener("change", arrange);
  addEventListener("resize", tighten);
  const opened = new MutationObserver(tighten);
  for (const panel of panels) opened.observe(panel, { attributeFilter: ["hidden"] });
  window.visualViewport?.addEventListener("resize", tighten);
  arrange();
  keepAboveKeyboard();

  const buttons = part(game, ".views").querySelectorAll("button");
  /** @type {(name: string) => void} */
  const view = (name) => {
    game.dataset.view = name;
    for (const button of buttons) {
      if (button.dataset.view === name) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  };
  for (const button of buttons) button.addEventListener("click", () => view(button.dataset.view ?? ""));
  return view;
}

/** Phone: name and vitals above the story, ways out above the command line. */
function narrow() {
  $("story").prepend($("whereabouts"), $("vitals"));
  $("composer").prepend($("exits"));
}

function wide() {
  $("figure").after($("whereabouts"), $("exits"));
  $("self").prepend($("vitals"));
}

/** What is seen of the page: less than the window where a keyboard lies over it (Safari), but all of it when it is only enlarged. */
function seenHeight() {
  const viewport = window.visualViewport;
  return viewport && viewport.scale === 1 ? Math.min(viewport.height, innerHeight) : innerHeight;
}

/** Where the page does not shrink for the keyboard by itself (Safari), shrink it. */
function keepAboveKeyboard() {
  const viewport = window.visualViewport;
  if (!viewport) return;
  const fit = () => {
    const covered = window.innerHeight - viewport.height;
    const { style } = document.documentElement;
    if (covered > 80 && viewport.scale === 1) {
      style.setProperty("--height", `${viewport.height}px`);
      window.scrollTo(0, 0);
    } else {
      style.removeProperty("--height");
    }
  };
  viewport.addEventListener("resize", fit);
  fit();
}
