// AlexNet's budget: the towers with sizes, parameters, work and memory, and which numbers of the paper they give.
import { begin, buttons, change, counted, keepDrawn, layout, make, many, numberInput, show, table } from "./shared.js";

const LIMITS = { input_size: [1, 512], zeros: [0, 64], kernel_size: [1, 64], strides: [1, 64], width: [0.01, 4], groups: [1, 4], batch: [1, 4096] };
const LABELS = { input_size: "picture", zeros: "zeros around it", kernel_size: "kernel of C1", strides: "strides of C1", width: "width ×", groups: "towers", batch: "batch" };
const NAMES = Object.keys(LIMITS).map((name) => (name === "zeros" ? "padding" : name));
const LAYERS = ["C1", "C2", "C3", "C4", "C5", "F6", "F7", "F8"], FILTERS = [96, 256, 384, 384, 256, 4096, 4096, 1000];
const TRIES = { "227 pixels": [227, [0, 0]], "224 pixels": [224, [0, 0]], "224, two zeros around": [224, [2, 2]], "224, “same”": [224, "same"] };
const MIB = 4 / 2 ** 20;  // a float32 has four bytes
const mib = (numbers) => `${many(Math.round(numbers * MIB))} MiB`;

// Layer by layer, and sums; `fault` says why there is no such net. Halves are rounded to even numbers, as Python does.
function budget({ input_size, padding, kernel_size, strides, width, groups }) {
  const whole = (count) => (count % 1 === 0.5 ? 2 * Math.round(count / 2) : Math.round(count));
  const filters = FILTERS.map((count, i) => (i === 7 ? count : Math.max(2, 2 * whole((count * width) / 2))));
  const first = layout({ n: input_size, kernel_size, strides, padding, dilation_rate: 1 }), { before, after } = first, rows = [];
  let side = first.outputs, depth = 3, kept = 3 * input_size ** 2 + (before + after && padding !== "same" ? 3 * (input_size + before + after) ** 2 : 0);
  if (side < 1) return { fault: `The kernel of C1 does not fit: it spans ${kernel_size} of ${counted(input_size + before + after, "pixel")}.` };
  for (const [i, name] of LAYERS.entries()) {
    const dense = i > 4, parts = [1, 3, 4].includes(i) ? groups : 1, kernel = i === 0 ? kernel_size : i === 1 ? 5 : dense ? side : 3;
    if (depth % parts || filters[i] % parts) return { fault: `${counted(groups, "tower")} cannot share ${depth} and ${filters[i]} maps in equal parts.` };
    const weights = kernel * kernel * (depth / parts) * filters[i], own = dense ? 1 : side, values = own * own * filters[i];
    rows.push({ name, dense, parts, kernel, depth: depth / parts, reads: i ? side : input_size, side: own, filters: filters[i], weights, parameters: weights + filters[i], macs: weights * own * own, values });
    kept += values * (i < 2 || i === 5 || i === 6 ? 2 : 1);  // normalized behind C1 and C2, dropped behind F6 and F7
    [side, depth] = [own, filters[i]];
    if (i === 0 || i === 1 || i === 4) {
      if (side < 3) return { fault: `The pool behind ${name} does not fit: it spans 3 of ${counted(side, "row")}.` };
      rows[i].pooled = side = Math.floor((side - 3) / 2) + 1;
      kept += side * side * depth * (i === 4 ? 2 : 1);  // the last one once more as a list
    }
  }
  const sum = (name) => rows.reduce((total, row) => total + row[name], 0);
  return { rows, before, after, kept, weights: sum("weights"), parameters: sum("parameters"), macs: sum("macs"), values: sum("values") };
}

// What the paper says, what this net has, and a remark. “About” is within two percent.
function claims({ rows, parameters, values }, { input_size, strides }) {
  const about = (own, said) => Math.abs(own / said - 1) <= 0.02, shares = rows.slice(0, 5).map((row) => row.parameters / parameters);
  const most = Math.max(...shares), map = (i) => rows[i].values, kernel = (i) => `${rows[i].kernel}×${rows[i].kernel}×${rows[i].depth}`;
  return [
    ["the picture: 150,528 values", 3 * input_size ** 2, 3 * input_size ** 2 === 150528, "224 · 224 · 3: figure 2 counts 224, not 227."],
    ["C1: 253,440 values", map(0), map(0) === 253440, "55 · 48 · 96, a slip: 55 · 55 · 96 are 290,400."],
    ["C2: 186,624 values", map(1), map(1) === 186624, "27 · 27 · 256: C1 leaves 55 or 56 rows."],
    ["C3 and C4: 64,896 values", map(2), map(2) === 64896 && map(3) === 64896, "13 · 13 · 384."],
    ["C5: 43,264 values", map(4), map(4) === 43264, "13 · 13 · 256."],
    ["C1: kernels of 11×11×3, strides 4", `${kernel(0)},\u00a0${strides}`, kernel(0) === "11×11×3" && strides === 4, "section 3.5."],
    ["C2: kernels of 5×5×48", kernel(1), kernel(1) === "5×5×48", "half of 96: two towers."],
    ["C3: kernels of 3×3×256", kernel(2), kernel(2) === "3×3×256", "it reads all towers."],
    ["C4 and C5: 3×3×192", kernel(3), kernel(3) === "3×3×192" && kernel(4) === "3×3×192", "half of 384: two towers."],
    ["650,000 neurons", values, about(values, 650000), "C1 to F8."],
    ["60 million parameters", parameters, about(parameters, 60e6), "most of them in F6."],
    ["a convolution: at most 1 % of the parameters", `${(100 * most).toFixed(1)} %`, most <= 0.01, "the largest share."],
  ].map(([said, own, given, remark]) => [said, typeof own === "number" ? many(own) : own, given ? "given" : "missed", remark]);
}

// Boxes high as their maps and wide as their filters (both by square roots), one row of them for each tower.
function draw({ rows }, { groups, input_size }, chosen, width, pick) {
  const columns = [{ name: "picture", side: input_size, filters: 3, parts: 1 }, ...rows], pitch = width / columns.length;
  const lane = groups > 2 ? 74 : 112, middle = 30 + (lane * groups) / 2, height = 2 * middle + 14, most = Math.sqrt(Math.max(input_size, 227));
  const places = columns.map(({ side, filters }, i) => {
    const lanes = i === 0 || i === 8 ? 1 : groups, tall = 8 + (lane - 16) * Math.sqrt(side) / most;
    const wide = 4 + 0.7 * pitch * Math.min(1, Math.sqrt(filters / lanes / 4096));
    return Array.from({ length: lanes }, (_, at) => ({ x: (i + 0.5) * pitch, y: middle + (at + 0.5 - lanes / 2) * lane, tall, wide }));
  });
  const lines = places.slice(1).flatMap((boxes, i) => boxes.flatMap((box, at) => places[i].filter((_, from) =>
    columns[i + 1].parts === 1 || places[i].length === 1 || from === at).map((from) => make("line", { x1: from.x + from.wide / 2, y1: from.y,
    x2: box.x - box.wide / 2, y2: box.y, style: "stroke: var(--soft); stroke-width: 1.2" }))));
  const groupsOf = places.map((boxes, i) => make("g", i ? { onclick: () => pick(i - 1), style: "cursor: pointer" } : {},
    make("rect", { x: i * pitch, y: 0, width: pitch, height, rx: 6, style: `fill: ${i - 1 === chosen ? "var(--tint)" : "transparent"}` }),
    make("text", { x: (i + 0.5) * pitch, y: 14 }, width < 500 && i === 0 ? "in" : columns[i].name)));
  const boxes = places.flatMap((all) => all.map(({ x, y, tall, wide }, at) => make("rect", { x: x - wide / 2, y: y - tall / 2, width: wide, height: tall, rx: 2,
    style: `fill: var(--${all.length > 1 && at % 2 ? "zero" : "mark"}); pointer-events: none` })));
  const words = columns.flatMap(({ side, filters }, i) => (width < 500 ? [`${side}²`, filters] : [`${side}×${side}×${filters}`]).map((line, at) =>
    make("text", { x: (i + 0.5) * pitch, y: height - 16 + 14 * at, style: "font-size: 12px; pointer-events: none" }, String(line))));
  return make("svg", { width, height: height + 8, viewBox: `0 0 ${width} ${height + 8}`, "aria-hidden": true }, groupsOf, lines, boxes, words);
}

function render({ model, el }) {
  const { root, end } = begin(el, "AlexNet's budget");
  const read = () => Object.fromEntries(NAMES.map((name) => [name, model.get(name)]));
  const first = read(), complaint = make("p", { class: "bad", role: "alert" });
  let chosen = 1;

  function accept(changes) {
    const { fault } = budget({ ...read(), ...changes });
    complaint.textContent = fault || "";
    if (!fault) change(model, changes);
    return !fault;
  }
  const inputs = Object.fromEntries(Object.entries(LIMITS).map(([name, [min, max]]) => [name, numberInput(LABELS[name], (value) => value >= min && value <= max
    && accept(name === "zeros" ? { padding: [value, value] } : { [name]: value }),
  { ...(name === "width" ? {} : { type: "number", step: 1 }), min, max, "data-name": name })]));
  const tries = buttons("Pictures", Object.keys(TRIES), (name) => accept({ input_size: TRIES[name][0], padding: TRIES[name][1] }));
  const again = make("button", { type: "button", onclick: () => accept(first) }, "start again");
  const layers = buttons("Layers", LAYERS, (name) => pick(LAYERS.indexOf(name)));
  const costs = table(["layer", "kernel", "parameters", "MACs", "outputs, batch"], layers.all);
  const paper = table(["the paper says", "here", "given?", "remark"], claims(budget(first), first).map(([said]) => said));
  const picture = make("div"), said = make("p", { "aria-live": "polite", "data-name": "layer" });
  const sums = make("p", { "aria-live": "polite", "data-name": "sums" }), memory = make("p", { "data-name": "memory" });
  root.append(make("div", { class: "flow" }, Object.values(inputs).map(({ element }) => element)), complaint,
    make("div", { class: "flow tight" }, tries.element, again), picture, said, sums, memory, costs.element, paper.element);

  function pick(i) {
    chosen = i;
    redraw();
  }
  function redraw() {
    const settings = read(), found = budget(settings), { rows, before, after, parameters, weights, macs, values, kept } = found, { batch } = settings;
    for (const [name, { input }] of Object.entries(inputs)) show(input, name === "zeros" ? before : settings[name]);
    tries.update(Object.keys(TRIES).find((name) => String(TRIES[name]) === String([settings.input_size, settings.padding])));
    layers.update(LAYERS[chosen]);
    picture.replaceChildren(draw(found, settings, chosen, Math.max(280, root.clientWidth - 24), pick));
    const { name, dense, kernel, depth, reads, side, filters, parts, pooled, ...row } = rows[chosen];
    const [frame, stride] = chosen ? [kernel - 1, 1] : [before + after, settings.strides], room = reads + frame - kernel;
    const size = dense ? "" : `(${reads} + ${frame} − ${kernel}) / ${stride} + 1${room % stride ? ", rounded down," : ""} = ${side} rows and columns. `;
    const places = dense ? "works once" : `works at ${side} · ${side} places`, pool = pooled ? ` The pool behind it leaves ${pooled} rows and columns.` : "";
    said.textContent = `${name}: ${size}Each of ${many(filters)} ${dense ? "units" : "filters"} has ${kernel} · ${kernel} · ${many(depth)} weights`
      + `${parts > 1 ? ` (it reads one of ${parts} towers)` : ""}: ${many(row.weights)}, and a bias each. Each weight ${places}: ${many(row.macs)} MACs.${pool}`;
    const share = (of, all) => `${((100 * rows.slice(5).reduce((total, own) => total + own[of], 0)) / all).toFixed(1)} %`;
    sums.textContent = `${many(parameters)} parameters (${many(weights)} weights, ${many(parameters - weights)} biases) and ${many(Math.round(macs / 1e5) / 10)} million MACs for one picture. `
      + `The dense layers F6 to F8 have ${share("weights", weights)} of the weights and ${share("macs", macs)} of the MACs.`;
    memory.textContent = `Training: ${mib(3 * parameters)} for parameters, gradients and momentum; ${mib(2 * batch * kept)} for the outputs of ${counted(batch, "picture")} and their gradients `
      + `(C1 to F8 alone ${mib(2 * batch * values)}). Together ${((MIB * (3 * parameters + 2 * batch * kept)) / 1024).toFixed(2)} GiB; each of the paper's two cards had 3 GiB.`;
    const largest = Object.fromEntries(["parameters", "macs", "values"].map((cost) => [cost, Math.max(...rows.map((own) => own[cost]))]));
    rows.forEach((own, i) => {
      costs.fill(i, [own.dense && own.kernel === 1 ? many(own.depth) : `${own.kernel}×${own.kernel}×${own.depth}`, many(own.parameters), many(own.macs), mib(2 * batch * own.values)]);
      Object.keys(largest).forEach((cost, column) => {
        const part = (92 * own[cost]) / largest[cost];  // the longest bar leaves a gap to the next column
        costs.cells[i][column + 1].style.background = `linear-gradient(90deg, color-mix(in srgb, var(--mark) 30%, transparent) ${part}%, transparent ${part}%)`;
      });
    });
    claims(found, settings).forEach(([, ...words], i) => {
      paper.fill(i, words);
      paper.cells[i][1].style.color = `var(--${words[1] === "given" ? "mark" : "bad"})`;
    });
  }
  const stop = keepDrawn(root, model, NAMES, redraw);
  return () => { stop(); end(); };
}

export default { render };
