// Where this server's paths are, wherever below a host the page is served: `https://example.org/` or `https://example.org/game/`.

const HERE = new URL(".", import.meta.url);

/** The path below which the page is served, with its slashes: "/" or "/game/". */
export const basePath = HERE.pathname;

/** The whole address of one of the server's paths; a slash at its beginning means the server's own root. */
export const address = (path) => new URL(path.replace(/^\/+/, ""), HERE).href;

/** The same for a WebSocket: ws for http, wss for https. */
export const socketAddress = (path) => address(path).replace(/^http/, "ws");
