// Runs before the first paint so that a dark page never flashes white; a file, since the policy forbids inline scripts.
(function () {
  var stored = null;
  try {
    stored = window.localStorage.getItem("stocktool.theme");
  } catch (error) {
    // Storage can be refused by the browser; the system's preference then decides.
  }
  var dark = stored === "dark" || (stored !== "light" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.classList.toggle("dark", dark);
})();
