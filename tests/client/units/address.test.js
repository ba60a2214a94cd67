import assert from "node:assert/strict";
import { test } from "node:test";
import { address, socketAddress } from "../../../core/echoes/web/client/address.js";

test("addresses are below the page's own, wherever that is", () => {
  assert.equal(address("api/auth/login", new URL("https://example.org/")), "https://example.org/api/auth/login");
  assert.equal(address("/images/kiln.svg", new URL("https://example.org/game/")), "https://example.org/game/images/kiln.svg");
  assert.equal(address("//elsewhere.example/x", new URL("https://example.org/game/")), "https://example.org/game/elsewhere.example/x");
});

test("a WebSocket is as safe as the page", () => {
  assert.equal(socketAddress("ws/game", new URL("https://example.org/game/")), "wss://example.org/game/ws/game");
  assert.equal(socketAddress("ws/game", new URL("http://localhost:8000/")), "ws://localhost:8000/ws/game");
});
