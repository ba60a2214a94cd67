// Connects the parts: the sign-in page, the game of one character, and the way between them.

import { address } from "./address.js";
import { $ } from "./dom.js";
import { Store } from "./state.js";
import { Log } from "./log.js";
import { Game } from "./game.js";
import { claimIdentity } from "./identity.js";
import { gate } from "./auth.js";
import { overlay } from "./overlay.js";
import { composer, keysToComposer } from "./composer.js";
import { layout } from "./layout.js";
import { newsroom } from "./news.js";
import { applySettings, openSettings } from "./settings.js";
import { keepFresh } from "./account.js";
import { account, playing, keepPlaying, settled, stopPlaying, forgetAll } from "./tokens.js";
import { playToken } from "./api.js";
import { understand } from "./pagewords.js";
import { showPlace } from "./place.js";
import { showHere } from "./here.js";
import { showVitals } from "./vitals.js";
import { showMap } from "./mapview.js";
import { showBag } from "./bag.js";
import { showWho } from "./who.js";
import { showDealing } from "./dealing.js";
import { showFight } from "./fight.js";
import { showQuests } from "./quests.js";
import { showExtensions } from "./extensions.js";

/** @import { Connection } from "./connection.js" */
/** @import { Act, Draft } from "./state.js" */
/** @import { Pass } from "./tokens.js" */

applySettings();

const store = new Store();
const identity = claimIdentity();
/** @type {Game | null} */
let game = null;

/** @type {Act} */
const act = (command, text) => game?.command(command, text);
const log = new Log($("log"), $("more"), { act, onNews: newsroom(store) });
const view = layout();
const openGate = gate((pass) => enter(pass));

/** @type {(text: string) => void} */
function send(text) {
  const playing = game;
  if (playing && understand(text, () => doing(playing, text))) return;
  act({ type: "line", text }, text);
}

/** What the page's own words do; their answer stands below the line, as the server's do. @type {(playing: Game, text: string) => import("./pagewords.js").Doing} */
const doing = ({ following }, text) => ({
  following, here: store.state.players.map(({ name }) => name), act, whisperer: log.whisperer, notice: (reply) => log.add({ kind: "command", text, command: 0, state: "done", reply }),
  settings: () => openSettings(leave, logOut), clear: () => log.clear(), quit: () => leave(), logOut: () => logOut(),
});

const line = composer(store, { act, say: (text) => log.say(text), send });
/** @type {Draft} */
const draft = (text) => {
  view("story");
  line(text);
};

let faulty = false;
/** @param {unknown} error */
store.onFault = (error) => {
  console.error(error);
  if (!faulty) log.add({ kind: "notice", text: "A part of this page does not work here and may show what is old. Everything can still be typed." });
  faulty = true;
};

keysToComposer();
showPlace(store, act);
showHere(store, act, draft);
showVitals(store);
showMap(store, act);
showBag(store, act);
showWho(store, act, draft);
showDealing(store, act);
showFight(store, act);
showQuests(store, act);

const banner = overlay({
  again: () => game?.connection.start(),
  login: () => leave(),
  reload: () => location.reload(),
}, (text) => log.say(text));

/** Plays a character. @type {(pass: Pass) => Promise<void>} */
async function enter(pass) {
  keepPlaying(pass);
  game = new Game({ pass, identity: await identity, store, log, onState: (connection) => lineChanged(connection, pass) });
  Object.assign(window, { echoes: { store, state: store.state, connection: game.connection } });
  $("title").hidden = true;
  $("game").hidden = false;
  view("story");
  game.start();
  if (matchMedia("(pointer: fine)").matches) $("command").focus();
  void showExtensions(store, act);
}

let renewing = false;

/**
 * A pass that ran out is renewed once by the account's, without a word; only then is it a matter for the player.
 * @type {(connection: Connection, pass: Pass) => Promise<void>}
 */
async function lineChanged(connection, pass) {
  if (connection.state === "online") renewing = false;
  if (connection.state === "ended" && connection.code === 4504 && account() && !renewing) {
    renewing = true;
    await settled();
    const signedIn = account();
    if (!signedIn || !game || connection !== game.connection) return; // left meanwhile
    try {
      const { access_token } = await playToken(signedIn.token, pass.id);
      keepPlaying({ ...pass, token: access_token });
      game.token = access_token;
      connection.start();
      return;
    } catch {
      // the banner says it
    }
  }
  banner(connection);
}

/** Back to the sign-in page. @type {(how?: { forget?: boolean, message?: string }) => void} */
function leave({ forget = false, message = "" } = {}) {
  game?.stop({ forget });
  game = null;
  stopPlaying();
  log.clear();
  store.reset();
  $("game").hidden = true;
  openGate(message);
}

/** @type {(message?: string) => void} */
function logOut(message = "") {
  forgetAll();
  leave({ forget: true, message });
}

$("open-settings").addEventListener("click", () => openSettings(leave, logOut));
$("logout").addEventListener("click", () => logOut());

keepFresh();
document.documentElement.dataset.started = "yes";
// Where the browser does not allow it, each visit asks for every file.
if (navigator.serviceWorker) navigator.serviceWorker.register(address("worker.js"), { updateViaCache: "none" }).catch(() => undefined);

const pass = playing();
if (pass) enter(pass);
else openGate();
