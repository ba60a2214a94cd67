// socket.io on Node with its Redis adapter. Arguments: port, URL of Redis.
import { createServer } from "node:http";
import { Server } from "socket.io";
import { createAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";

const [port, url] = process.argv.slice(2);
const publisher = createClient({ url });
const subscriber = publisher.duplicate();
await Promise.all([publisher.connect(), subscriber.connect()]);
const http = createServer();
const io = new Server(http, { adapter: createAdapter(publisher, subscriber), pingInterval: 3600_000, perMessageDeflate: false });
io.on("connection", (socket) => {
  socket.on("join", (room) => { socket.join(String(room)); socket.emit("joined", room); });
  socket.on("say", (room, text) => { socket.to(String(room)).emit("said", text); });
});
http.listen(Number(port), "127.0.0.1", () => console.log("ready"));
