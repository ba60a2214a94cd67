// Where this server's paths are, wherever below a host the page is served: `https://example.org/` or `https://example.org/game/`.

const HERE = new URL(".", import.meta.url);

/** The path below which the page is served, with its slashes: "/" or "/game/". */
export const basePath = HERE.pathname;

/**
 * The whole address of one of the server's paths; a slash at its beginning means the server's own root.
 * @type {(path: string, here?: URL) => string}
 */
export const address = (path, here = HERE) => new URL(path.replace(/^\/+/, ""), here).href;

/** The URL of a WebSocket: ws for http, wss for https. @type {(path: string, here?: URL) => string} */
export const socketAddress = (path, here = HERE) => address(path, here).replace(/^http/, "ws");
