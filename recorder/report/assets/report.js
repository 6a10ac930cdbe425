"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const colour = name => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const charts = [];
  const narrow = () => Math.min(window.innerWidth, 640) < 640;
  const axes = unit => [
    { stroke: colour("soft"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line") } },
    { stroke: colour("soft"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line") }, size: 62,
      values: (_, ticks) => ticks.map(tick => unit(tick)) },
  ];
  const dollars = value => value == null ? "–" : value.toLocaleString("en-US", { maximumFractionDigits: 2 });
  const plain = value => value == null ? "–" : value.toLocaleString("en-US", { maximumFractionDigits: 2 });
  const empty = (element, words) => {
    const note = document.createElement("p");
    note.className = "empty";
    note.textContent = words;
    element.append(note);
  };
  const draw = (element, columns, options) => {
    if (!columns[0].length) return empty(element, "nothing to draw");
    const width = () => Math.max(260, element.clientWidth);
    const chart = new uPlot({
      width: width(), height: narrow() ? 220 : 300, tzDate: at => uPlot.tzDate(new Date(at * 1e3), "America/New_York"),
      ...options,
    }, columns, element);
    charts.push(() => chart.setSize({ width: width(), height: narrow() ? 220 : 300 }));
  };
  const line = (label, name, more) => ({ label, stroke: colour(name), width: 1.5, points: { show: false },
    value: (_, value) => dollars(value), ...more });

  draw(document.getElementById("chart-profit"), data.profit, {
    axes: axes(dollars),
    series: [{}, line("paper", "paper", { paths: uPlot.paths.stepped({ align: 1 }) }),
      line("honest low", "band", { paths: uPlot.paths.stepped({ align: 1 }) }),
      line("honest, expected", "mid", { width: 2, paths: uPlot.paths.stepped({ align: 1 }) }),
      line("honest high", "band", { paths: uPlot.paths.stepped({ align: 1 }) })],
    bands: [{ series: [4, 2], fill: colour("band") }],
  });
  draw(document.getElementById("chart-drawdown"), data.drawdown, {
    axes: axes(dollars), series: [{}, line("paper", "paper"), line("honest, expected", "mid")],
  });
  const palette = ["#1f6feb", "#d9822b", "#1a7f4b", "#9a5bd6", "#c4372d", "#0e8a99", "#7a8794"];
  const curves = Object.entries(data.markouts.curves);
  draw(document.getElementById("chart-markouts"), curves.length ? [data.markouts.seconds, ...curves.map(each => each[1])] : [[]], {
    scales: { x: { time: false } },
    axes: [{ ...axes(plain)[0], values: (_, ticks) => ticks.map(tick => tick + " s") }, axes(plain)[1]],
    series: [{ label: "after", value: (_, value) => value == null ? "–" : value + " s" },
      ...curves.map(([name], at) => ({ label: name, stroke: name === "ALL" ? colour("ink") : palette[at % palette.length],
        width: name === "ALL" ? 2.5 : 1.5, points: { show: true, size: 6 }, value: (_, value) => plain(value) }))],
  });
  draw(document.getElementById("chart-requests"), data.requests, {
    axes: axes(plain), series: [{}, { label: "requests", stroke: colour("mid"), fill: colour("band"), width: 1,
      paths: uPlot.paths.bars({ size: [0.8, 40] }), points: { show: false }, value: (_, value) => plain(value) }],
  });

  const marks = fills => ({ hooks: { draw: [chart => {
    const context = chart.ctx, reach = 5 * devicePixelRatio;
    context.save();
    for (const [at, px, side] of fills) {
      const x = chart.valToPos(at, "x", true), y = chart.valToPos(px, "y", true);
      if (x < chart.bbox.left || x > chart.bbox.left + chart.bbox.width) continue;
      context.fillStyle = colour(side > 0 ? "buy" : "sell");
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(x - reach, y + side * 1.6 * reach);
      context.lineTo(x + reach, y + side * 1.6 * reach);
      context.fill();
    }
    context.restore();
  }] } });
  const prices = document.getElementById("prices");
  if (!data.prices.length) empty(prices, "no fill");
  for (const each of data.prices) {
    const holder = document.createElement("div");
    holder.className = "chart";
    prices.append(holder);
    draw(holder, each.quotes, {
      title: `${each.symbol}: ${each.fills.length} fills (▲ bought, ▼ sold)`, axes: axes(dollars), plugins: [marks(each.fills)],
      series: [{}, line("bid", "paper"), line("ask", "mid")],
    });
  }
  let waiting = 0;
  window.addEventListener("resize", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => charts.forEach(resize => resize()));
  });
})();
