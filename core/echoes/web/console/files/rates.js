// Draws the rates of all workers over the time that the page of the nodes is open. Each table that the page fetches adds one point.

(function () {
  "use strict";
  const MOST = 360; // points: half an hour
  const place = document.getElementById("rates");
  const colours = getComputedStyle(document.documentElement);
  /** Time in Unix seconds, commands and events per second; first an empty point, so that the axis begins a minute before the page. */
  const points = [[], [], []];

  function colour(name) {
    return colours.getPropertyValue(name).trim();
  }

  function axis(more) {
    return { stroke: colour("--ash"), grid: { stroke: colour("--line-soft") }, ticks: { stroke: colour("--line") }, font: "13px 'Archivo Narrow', sans-serif", ...more };
  }

  const chart = new uPlot({
    width: place.clientWidth, height: 220,
    tzDate: (seconds) => uPlot.tzDate(new Date(1000 * seconds), "Etc/UTC"),
    legend: { show: false }, cursor: { show: false },
    scales: { y: { range: (_, low, high) => [0, Math.max(1, high * 1.1)] } },
    axes: [axis({ values: "{HH}:{mm}:{ss}", space: 90, size: 34 }), axis({ size: 46 })],
    series: [{}, { stroke: colour("--ember"), width: 2 }, { stroke: colour("--bone-2"), width: 2, dash: [5, 4] }],
  }, points, place);

  function add(values) {
    values.forEach((value, index) => {
      points[index].push(value);
      if (points[index].length > MOST) points[index].shift();
    });
  }

  /** Adds the point of the table that is shown; the same one again, or a table without figures, adds none. */
  function read() {
    const table = document.querySelector("[data-now]");
    if (!table) return;
    const now = Number(table.dataset.now);
    const times = points[0];
    if (!times.length) add([now - 60, null, null]);
    if (now <= times[times.length - 1]) return;
    add([now, Number(table.dataset.commands), Number(table.dataset.deliveries)]);
    chart.setData(points);
    place.dataset.points = String(times.length);
  }

  document.body.addEventListener("htmx:afterSwap", read);
  window.addEventListener("resize", () => chart.setSize({ width: place.clientWidth, height: 220 }));
  read();
})();
