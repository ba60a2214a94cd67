// Follows facts: pauses on request and while the page is not seen, keeps the list short, and shows what goes wrong beside it.

(function () {
  "use strict";
  const MOST = 500; // lines
  const list = document.getElementById("facts");
  if (!list) return;
  const look = document.getElementById("look");
  const button = document.getElementById("pause");
  const state = document.getElementById("state");
  const trouble = document.getElementById("trouble");
  let paused = false;

  button.addEventListener("click", () => {
    paused = !paused;
    button.setAttribute("aria-pressed", String(paused));
    state.textContent = paused ? "Paused" : "Following";
  });

  look.addEventListener("htmx:beforeRequest", (event) => {
    if (paused || document.hidden) event.preventDefault();
  });

  /** A refusal is shown in its own place, and not as a line; the same one again is not read aloud again. */
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (xhr.status < 400) {
      trouble.dataset.status = trouble.textContent = "";
    } else if (trouble.dataset.status === String(xhr.status)) {
      event.detail.shouldSwap = false;
    } else {
      trouble.dataset.status = xhr.status;
      event.detail.target = trouble;
      event.detail.swapOverride = "innerHTML";
    }
  });

  look.addEventListener("htmx:sendError", () => {
    if (trouble.dataset.status === "away") return;
    trouble.dataset.status = "away";
    trouble.textContent = "The server does not answer. The page asks again.";
  });

  document.body.addEventListener("htmx:afterSwap", () => {
    while (list.children.length > MOST) list.lastElementChild.remove();
  });
})();
