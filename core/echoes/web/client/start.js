// Says so when the page does not start. It is no module and uses old words only: it has to run where the modules do not.

(function () {
  "use strict";
  function started() {
    return document.documentElement.getAttribute("data-started") === "yes";
  }
  /** @param {string} text */
  function say(text) {
    var box = document.getElementById("failed");
    var why = document.getElementById("failed-why");
    if (started() || !box || !why) return;
    why.textContent = text;
    box.hidden = false;
  }
  function broken() {
    say("A part of the page did not arrive or does not run here. Load it again; if that does not help, a newer browser will.");
  }
  // A module that cannot be loaded is an error of its script element, which does not bubble; one that does not run is one of the window.
  window.addEventListener("error", function (event) {
    var script = event.target instanceof HTMLScriptElement;
    if (script || event.target === window) broken();
  }, true);
  window.addEventListener("unhandledrejection", broken);
  document.addEventListener("DOMContentLoaded", function () {
    var again = document.getElementById("failed-again");
    if (again) {
      again.addEventListener("click", function () {
        window.location.reload();
      });
    }
    if (!("noModule" in document.createElement("script"))) say("This browser is too old for the page. A newer one plays.");
  });
})();
