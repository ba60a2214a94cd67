// Keeps the page's files for the next visit. Each visit asks for the release first: kept files are used only when they are the server's.

(function () {
  "use strict";
  /** @typedef {{ release: string, files: Record<string, string> }} Release each file with the base64 of its SHA-256 */
  /** @typedef {Event & { waitUntil: (work: Promise<unknown>) => void }} Lasting */
  /** @typedef {Lasting & { request: Request, clientId: string, resultingClientId?: string, respondWith: (answer: Promise<Response>) => void }} Fetching */

  const here = new URL(".", location.href);
  const PREFIX = `echoes ${here.pathname} `;
  /** Which pages were begun from kept files: their other files come from the same cache. @type {Map<string, string>} */
  const begun = new Map();
  const MOST = 50;

  /** @returns {Promise<Release>} */
  async function current() {
    const answer = await fetch(new URL("release.json", here).href, { cache: "no-store" });
    if (!answer.ok) throw new Error(`The release cannot be read: ${answer.status}.`);
    return answer.json();
  }

  /** The file's name within the page, or null for what is no file of it. @type {(request: Request) => string | null} */
  function nameOf({ method, url }) {
    const { origin, pathname, search } = new URL(url);
    if (method !== "GET" || origin !== here.origin || search || !pathname.startsWith(here.pathname)) return null;
    return pathname.slice(here.pathname.length) || "index.html";
  }

  /** Fetches every file, checks each digest, and only then keeps them all; what was kept of other releases goes. */
  async function fill() {
    const { release, files } = await current();
    const name = PREFIX + release;
    if (await kept(name, "index.html")) return;
    const answers = await Promise.all(Object.entries(files).map(async ([file, digest]) => {
      const answer = await fetch(new URL(file, here).href, { cache: "no-cache" });
      const found = await crypto.subtle.digest("SHA-256", await answer.clone().arrayBuffer());
      if (btoa(String.fromCharCode(...new Uint8Array(found))) !== digest) throw new Error(`${file} is of another release.`);
      return /** @type {const} */ ([file, answer]);
    }));
    const whole = await caches.open(name);
    await Promise.all(answers.map(([file, answer]) => whole.put(new URL(file, here).href, answer)));
    // Complete only with its mark: a worker that is ended in between leaves nothing that is used.
    await whole.put(new URL("complete", here).href, new Response(release));
    for (const other of await caches.keys()) if (other.startsWith(PREFIX) && other !== name) await caches.delete(other);
  }

  /** A file of a complete cache; undefined where there is none. @type {(cache: string, file: string) => Promise<Response | undefined>} */
  async function kept(cache, file) {
    if (!(await caches.has(cache))) return undefined;
    const opened = await caches.open(cache);
    if (!(await opened.match(new URL("complete", here).href))) return undefined;
    return opened.match(new URL(file, here).href);
  }

  /** A page begins: from kept files when they are the server's, else from the server. @type {(event: Fetching, file: string) => Promise<Response>} */
  async function begin(event, file) {
    try {
      const { release } = await current();
      const name = PREFIX + release;
      const answer = await kept(name, file);
      if (answer && event.resultingClientId) {
        begun.set(event.resultingClientId, name);
        for (const first of [...begun.keys()].slice(0, -MOST)) begun.delete(first);
        return answer;
      }
      event.waitUntil(fill().catch(() => undefined)); // the next visit tries again
    } catch {
      // without an answer the browser says itself what is wrong
    }
    return fetch(event.request);
  }

  /** @type {(event: Fetching, cache: string, file: string) => Promise<Response>} */
  const goOn = async (event, cache, file) => (await kept(cache, file)) ?? fetch(event.request);

  self.addEventListener("install", (event) => {
    /** @type {Lasting} */ (event).waitUntil(fill());
  });
  self.addEventListener("fetch", (event) => {
    const fetching = /** @type {Fetching} */ (event);
    const file = nameOf(fetching.request);
    if (file === null || file.includes("/")) return;
    if (fetching.request.mode === "navigate") {
      if (file === "index.html") fetching.respondWith(begin(fetching, file));
      return;
    }
    const cache = begun.get(fetching.clientId);
    if (cache) fetching.respondWith(goOn(fetching, cache, file));
  });
})();
