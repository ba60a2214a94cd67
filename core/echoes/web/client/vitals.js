// Body: hit points and stamina, which return while one watches, and what one has come to.

import { $, h, text } from "./dom.js";
import { healthNow, staminaNow } from "./facts.js";

/** @import { Store } from "./state.js" */

const EVERY_MS = 500;

/** Draws the bars, and redraws them as they grow. @type {(store: Store) => void} */
export function showVitals(store) {
  const hp = bar("Health", "vitals-hp");
  const stamina = bar("Stamina", "vitals-stamina");
  const notes = h("p.notes", { testid: "vitals-notes" });
  const name = h("h2", { id: "you-name", dir: "auto", translate: "no" });
  $("vitals").append(name, hp.element, stamina.element, notes);
  const breathe = () => {
    const { you, skew } = store.state;
    if (!you) return;
    const health = healthNow(you, skew);
    hp.set(health, you.max_hp);
    hp.element.classList.toggle("low", health < you.max_hp / 3);
    stamina.set(Math.floor(staminaNow(you, skew)), you.max_stamina);
  };
  store.on(["you"], ({ you }) => {
    if (!you) return;
    text(name, you.name);
    stamina.element.classList.toggle("resting", you.resting);
    const facts = [`level ${you.level}`, `${you.xp} xp`, `${you.scrap} scrap`, you.resting ? "resting" : ""];
    text(notes, facts.filter(Boolean).join(" · "));
    breathe();
  });
  setInterval(breathe, EVERY_MS);
}

/** @type {(label: string, testid: string) => { element: HTMLElement, set: (now: number, most: number) => void }} */
function bar(label, testid) {
  const fill = h("i");
  const value = h("span.value");
  const track = h("div.track", { role: "meter", "aria-label": label, "aria-valuemin": 0 }, fill);
  const element = h("div.vital", { testid }, h("span.label", {}, label), track, value);
  /** @type {(now: number, most: number) => void} */
  const set = (now, most) => {
    if (value.textContent === `${now} / ${most}`) return;
    value.textContent = `${now} / ${most}`;
    track.setAttribute("aria-valuenow", String(now));
    track.setAttribute("aria-valuemax", String(most));
    fill.style.transform = `scaleX(${most ? now / most : 0})`;
  };
  return { element, set };
}
