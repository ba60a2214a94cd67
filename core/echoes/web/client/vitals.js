// Body: hit points and stamina, which return while one watches, effects with the time left, and what one has come to.

import { $, h, keyed, text } from "./dom.js";
import { effectsNow, healthNow, staminaNow } from "./facts.js";

/** @import { Store } from "./state.js" */
/** @import { EffectView } from "./wire.d.ts" */

const EVERY_MS = 500;

/** Draws the bars, and redraws them as they grow. @type {(store: Store) => void} */
export function showVitals(store) {
  const hp = bar("Health", "vitals-hp");
  const stamina = bar("Stamina", "vitals-stamina");
  const notes = h("p.notes", { testid: "vitals-notes" });
  const name = h("h2", { id: "you-name", dir: "auto", translate: "no" });
  const effects = h("ul.effects", { testid: "vitals-effects", "aria-label": "Effects" });
  effects.hidden = true;
  $("vitals").append(name, hp.element, stamina.element, effects, notes);
  const breathe = () => {
    const { you, skew, conditions, load } = store.state;
    if (!you) return;
    const health = healthNow(you, skew);
    hp.set(health, you.max_hp);
    hp.element.classList.toggle("low", health < you.max_hp / 3);
    stamina.set(Math.floor(staminaNow(you, skew)), you.max_stamina);
    const lasting = effectsNow(you, conditions, load, skew);
    effects.hidden = lasting.length === 0;
    keyed(effects, lasting, ({ effect }) => effect.id, ({ effect }) => h(effect.helps ? "li.effect.helps" : "li.effect", { title: effect.description }), tellEffect);
  };
  store.on(["you", "bag"], ({ you }) => {
    if (!you) return;
    text(name, you.name);
    stamina.element.classList.toggle("resting", you.resting);
    const facts = [`level ${you.level}`, `${you.xp} xp`, `${you.scrap} scrap`, you.points ? `${you.points} to spend: train` : "", you.resting ? "resting" : ""];
    text(notes, facts.filter(Boolean).join(" · "));
    breathe();
  });
  setInterval(breathe, EVERY_MS);
}

/** @type {(row: HTMLElement, one: { effect: EffectView, left: number }) => void} */
function tellEffect(row, { effect, left }) {
  const times = effect.stacks && effect.stacks > 1 ? ` ×${effect.stacks}` : "";
  text(row, `${effect.name}${times}${left ? ` ${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}` : ""}`);
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
