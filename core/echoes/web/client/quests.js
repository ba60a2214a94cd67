// What the character is asked to do now. It is drawn only: the story says each step once, and `quests` and `journal` say it again when typed.

import { $, h, keyed, part, text } from "./dom.js";

/** @import { Act, Store } from "./state.js" */
/** @import { QuestView } from "./wire.d.ts" */

/** How far a quest is, in words. @type {(quest: QuestView) => string} */
export const progressOf = ({ step, steps, count = 0, of = 0 }) => `step ${step} of ${steps}${of ? `, ${count} of ${of}` : ""}`;

/** `act` sends what a click means. @type {(store: Store, act: Act) => void} */
export function showQuests(store, act) {
  $("ask-journal").addEventListener("click", () => act({ type: "journal" }, "journal"));
  store.on(["quests"], ({ quests }) => {
    $("quests-none").hidden = quests.length > 0;
    keyed($("quest-list"), quests, ({ id }) => id, row, (element, quest) => {
      text(part(element, ".name"), quest.title);
      text(part(element, ".note"), progressOf(quest));
      text(part(element, ".says"), quest.says ?? "");
    });
  });
}

/** @type {(quest: QuestView) => HTMLElement} */
const row = ({ id }) => h("li.quest", { testid: `quest-${id}` }, h("p", {}, h("span.name", { dir: "auto" }), " ", h("span.note.faint")), h("p.says", { dir: "auto" }));
