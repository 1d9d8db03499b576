// Click a unit: what it sees in the picture and in every map between, and who sees it. Maps are square, and what is true of
// rows is true of columns: all sums are made along one axis, and a value counts as its row times its column.
import { begin, buttons, change, counted, keepDrawn, layout, make, many, numberInput, show, sized, surface, table, text } from "./shared.js";

const NAMES = ["layers", "input_size", "unit"], MOST_LAYERS = 32;
const EDITED = { "kernel size": 0, strides: 1, "dilation rate": 3 };  // places in a layer
const SEEN = [0, 150, 110], SEES = [230, 140, 0], UNREAD = [128, 128, 128];

// The picture and all maps: values, size, jump and start of their fields, and the windows of each value, without padding.
function trace({ layers, input_size }) {
  const maps = [{ name: "picture", n: input_size, size: 1, jump: 1, start: 0.5 }];
  for (const [kernel_size, strides, padding, dilation_rate, name] of layers) {
    const last = maps.at(-1), found = layout({ n: last.n, kernel_size, strides, padding, dilation_rate }), { extent, before } = found;
    const map = { name: name || `layer ${maps.length}`, n: found.outputs, extent, before, strides,
      windows: found.windows.map((taps) => taps.filter((tap) => tap >= 0 && tap < last.n)),
      size: last.size + (extent - 1) * last.jump, jump: last.jump * strides, start: last.start + ((extent - 1) / 2 - before) * last.jump };
    if (!map.n) return { fault: `${map.name} does not fit: its kernel spans ${extent} of ${counted(last.n + before + found.after, "pixel")}.` };
    if (Math.max(map.size, map.jump, map.size / 2 - map.start) >= 2 ** 53) return { fault: "The field is too large to count." };
    maps.push(map);
  }
  return { maps };
}

// How many paths lead from some positions of one map down to each position of the maps before, and up to those behind.
function paths(maps, from, positions) {
  const counts = maps.map(({ n }) => new Float64Array(n));
  for (const position of positions) counts[from][position] = 1;
  for (let i = from; i > 0; i--) maps[i].windows.forEach((taps, at) => taps.forEach((tap) => { counts[i - 1][tap] += counts[i][at]; }));
  for (let i = from + 1; i < maps.length; i++) maps[i].windows.forEach((taps, at) => taps.forEach((tap) => { counts[i][at] += counts[i - 1][tap]; }));
  return counts;
}

const first = ({ size, jump, start }, position) => start + position * jump - size / 2;
const total = (counts, from = 0, to = counts.length) => counts.slice(Math.max(from, 0), Math.max(to, 0)).reduce((sum, count) => sum + count, 0);
const some = (counts) => counts.reduce((sum, count) => sum + (count > 0), 0);

// The first and the last position with a path, or twice −1.
function range(counts) {
  return [counts.findIndex((count) => count > 0), counts.findLastIndex((count) => count > 0)];
}

// Width of the middle of a field in which 95 % of the paths begin: the edges come in as long as so many are left.
function middle({ size }, edges, counts) {
  const all = total(counts[0]) * total(counts[1]);
  const inside = (cut) => counts.reduce((product, line, i) => product * total(line, edges[i] + cut, edges[i] + size - cut), 1);
  let cut = Math.max(0, Math.min(...edges.flatMap((edge, i) => [-edge, edge + size - counts[i].length])));
  while (2 * cut < size && inside(cut) >= 0.95 * all) cut += 1;
  return all ? size - 2 * (cut - 1) : 0;
}

function render({ model, el }) {
  const { root, end } = begin(el, "Click a unit");
  const read = () => Object.fromEntries(NAMES.map((name) => [name, model.get(name)]));
  const nets = model.get("nets"), complaint = make("p", { class: "bad", role: "alert" });
  const said = make("p", { "aria-live": "polite", "data-name": "unit" }), formula = make("p", { "data-name": "formula" });
  const unread = make("p", { "data-name": "unread" }), pictures = make("div", { class: "flow" });
  let maps, used, rows, edited = 1, stages = [], seen = [], laid = {};

  function put(changes) {
    const next = { ...read(), ...changes }, { maps: found, fault } = trace(next);
    complaint.textContent = fault || "";
    if (fault) return false;
    const layer = Math.min(next.unit[0], found.length - 1);
    change(model, { ...changes, unit: [layer, ...next.unit.slice(1).map((at) => Math.max(0, Math.min(at, found[layer].n - 1)))] });
    return true;
  }
  const choose = (layer, row, column) => put({ unit: [layer, row, column] });
  // Into a map one comes where it is seen, or sees.
  const entry = (layer) => seen.map((counts) => { const [from, to] = range(counts[layer]); return from < 0 ? 0 : Math.floor((from + to) / 2); });
  const edit = (splice) => {
    const layers = structuredClone(model.get("layers"));
    splice(layers);
    return put({ layers });
  };

  const choice = buttons("Nets of the lessons", Object.keys(nets), (name) => {
    const [input_size, layers] = nets[name], { n } = trace({ input_size, layers }).maps.at(-1);
    put({ input_size, layers, unit: [layers.length, n >> 1, n >> 1] });
  });
  const size = numberInput("rows, columns", (value) => value >= 1 && value <= 512 && put({ input_size: value }),
    { type: "number", min: 1, max: 512, step: 1, "data-name": "input_size" });
  const nudges = [-1, 1].map((by) => make("button", { type: "button", "aria-label": `picture ${by < 0 ? "smaller" : "larger"} by one pixel`,
    onclick: () => { const n = model.get("input_size") + by; if (n >= 1 && n <= 512) put({ input_size: n }); } }, by < 0 ? "−" : "+"));
  const inputs = Object.entries(EDITED).map(([label, place]) => numberInput(label,
    (value) => value >= 1 && value <= 64 && edit((layers) => { layers[edited - 1][place] = value; }),
    { type: "number", min: 1, max: 64, step: 1, "data-name": label.replace(" ", "_") }));
  const ways = buttons("Padding", ["valid", "same"], (name) => edit((layers) => { layers[edited - 1][2] = name; }));
  const button = (label, onclick) => make("button", { type: "button", onclick }, label);
  const more = button("add one behind", () => model.get("layers").length < MOST_LAYERS
    && edit((layers) => layers.splice(edited, 0, [3, 1, "same", 1, ""])) && choose(edited + 1, ...entry(edited)));
  const less = button("remove it", () => model.get("layers").length > 1 && edit((layers) => layers.splice(edited - 1, 1)));
  const editor = make("div", { role: "group" }), edits = make("span", { class: "soft" });
  editor.append(edits, make("div", { class: "flow" }, inputs.map(({ element }) => element), ways.element, more, less));
  const results = make("div");
  const swatch = (color, words) => [make("span", { "aria-hidden": true, style: `color: rgb(${color}); font-size: 1.4em` }, "■"), ` ${words} `];
  root.append(make("div", { class: "flow tight" }, make("span", { class: "soft" }, "Nets of the lessons"), choice.element),
    make("div", { class: "flow" }, size.element, make("div", { class: "flow tight" }, nudges)), complaint, pictures,
    make("p", { class: "soft" }, swatch(SEEN, "seen by the unit, strong where many paths begin; line: its field; dashed: 95 % of the paths."),
      swatch(SEES, "sees the unit."), swatch(UNREAD, "never read by the last map.")),
    said, formula, unread, results, editor);

  // A canvas and a row of the table for each map; anew only when their number changes.
  function build() {
    stages = maps.map((_, layer) => {
      const caption = make("figcaption", { class: "soft" });
      const canvas = surface({ "aria-roledescription": "map of values", style: "touch-action: pan-y; cursor: crosshair" },
        (down, right) => choose(layer, Math.floor(down * maps[layer].n), Math.floor(right * maps[layer].n)),
        (down, right) => { const [own, row, column] = model.get("unit"); choose(layer, ...(own === layer ? [row + down, column + right] : entry(layer))); });
      const select = button("", () => choose(layer, ...entry(layer)));
      return { canvas, caption, select, figure: make("figure", {}, caption, canvas) };
    });
    rows = table(["map", "values", "window", "field", "jump", "start"], stages.map(({ select }) => select));
    pictures.replaceChildren(...stages.map(({ figure }) => figure));
    results.replaceChildren(rows.element);
  }

  function paint(layer, used, unit, widest) {
    const { n } = maps[layer], [rows, columns] = seen.map((counts) => counts[layer]), side = Math.min(Math.max(12 * n, 48), widest);
    const dots = make("canvas", { width: n, height: n }), { canvas } = stages[layer], context = sized(canvas, side, side), scale = side / n;
    const image = new ImageData(n, n), pixels = new Uint32Array(image.data.buffer), most = Math.max(...rows) * Math.max(...columns);
    const ink = ([red, green, blue], alpha) => (alpha << 24) | (blue << 16) | (green << 8) | red, gone = ink(UNREAD, 170), plain = ink(UNREAD, 20);
    const levels = Array.from({ length: 196 }, (_, i) => ink(layer > unit[0] ? SEES : SEEN, 60 + i));
    for (let y = 0, i = 0; y < n; y++) {
      const share = (195 * rows[y]) / most;
      for (let x = 0; x < n; x++, i++) pixels[i] = rows[y] && columns[x] ? levels[Math.round(share * columns[x])] : used[y] && used[x] ? plain : gone;
    }
    dots.getContext("2d").putImageData(image, 0, 0);
    context.imageSmoothingEnabled = scale < 1;
    context.drawImage(dots, 0, 0, side, side);
    Object.assign(context, { strokeStyle: "rgba(128, 128, 128, 0.5)", lineWidth: 1 });
    for (let i = 0; i <= n && (scale >= 5 || i === 0 || i === n); i += scale >= 5 ? 1 : n) {
      context.strokeRect(0.5, 0.5 + i * scale * (side - 1) / side, side - 1, 0);
      context.strokeRect(0.5 + i * scale * (side - 1) / side, 0.5, 0, side - 1);
    }
    const box = (y, x, extent, dashes, strokes) => strokes.forEach(([strokeStyle, lineWidth]) => {
      Object.assign(context, { strokeStyle, lineWidth });
      context.setLineDash(dashes);
      context.strokeRect(x * scale, y * scale, extent * scale, extent * scale);
    });
    if (layer === 0 && unit[0] > 0) {
      const map = maps[unit[0]], edges = unit.slice(1).map((at) => first(map, at)), width = middle(map, edges, [rows, columns]), cut = (map.size - width) / 2;
      box(...edges, map.size, [], [["rgb(0, 120, 90)", 2]]);
      if (width) box(edges[0] + cut, edges[1] + cut, width, [5, 4], [["#fff", 3], ["#000", 2]]);
      seen.middle = width;
    }
    if (layer === unit[0]) {
      const least = Math.max(1, 6 / scale), [y, x] = unit.slice(1).map((at) => Math.max(0, Math.min(at + 0.5 - least / 2, n - least)));
      box(y, x, least, [], [["#fff", 5], ["#000", 2]]);
    }
  }

  // All that does not depend on the unit.
  function lay(state) {
    const count = maps?.length, { layers, input_size } = state;
    maps = trace(state).maps;
    used = paths(maps, maps.length - 1, Array(maps.at(-1).n).keys());
    if (maps.length !== count) build();
    maps.forEach((map, i) => {
      const { caption, canvas, select } = stages[i], [kernel_size, strides] = layers[i - 1] || [];
      caption.textContent = `${map.name}, ${map.n}×${map.n}`;
      canvas.setAttribute("aria-label", `${caption.textContent}. Arrow keys choose a value, with Shift by ten.`);
      select.textContent = map.name;
      const words = i ? `${kernel_size}×${kernel_size}${strides > 1 ? ` by ${strides}` : ""}` : "";
      rows.fill(i, [`${map.n}×${map.n}`, words, map.size, map.jump, text(map.start)]);
    });
    const pixels = input_size ** 2, left = pixels - some(used[0]) ** 2;
    unread.textContent = `The last map reads ${many(pixels - left)} of ${many(pixels)} pixels; ${many(left)} are never read.`;
    show(size.input, input_size);
    choice.update(Object.keys(nets).find((name) => nets[name][0] === input_size && String(nets[name][1]) === String(layers)));
    laid = state;
  }

  function redraw() {
    const state = read(), { unit, layers } = state, [layer, ...place] = unit, widest = Math.min(336, Math.max(200, pictures.clientWidth));
    if (layers !== laid.layers || state.input_size !== laid.input_size) lay(state);
    seen = place.map((at) => paths(maps, layer, [at]));
    edited = Math.min(layer || edited, layers.length);
    maps.forEach((_, i) => {
      stages[i].select.setAttribute("aria-pressed", i === layer);
      paint(i, used[i], unit, i ? Math.min(widest, 252) : widest);
    });
    say(layer, place);
    edits.textContent = `Change ${maps[edited].name}`;
    editor.setAttribute("aria-label", edits.textContent);
    inputs.forEach(({ input }, i) => show(input, layers[edited - 1][Object.values(EDITED)[i]]));
    ways.update(layers[edited - 1][2]);
  }

  function say(layer, place) {
    const map = maps[layer], [rows, columns] = seen, last = maps.length - 1, below = maps[layer - 1];
    const across = (counts, at) => {
      const [from, to] = range(counts), edge = first(map, at), out = map.size - (to - from + 1);
      return from < 0 ? "only padding" : `${from} to ${to}${out ? ` (${text(edge)} to ${text(edge + map.size - 1)}: ${out} of them padding)` : ""}`;
    };
    const reads = some(rows[0]) * some(columns[0]), of = reads === map.size ** 2 ? "all" : many(reads);
    const sees = layer === 0 ? "" : ` sees ${map.size}×${map.size} pixels: rows ${across(rows[0], place[0])}, columns ${across(columns[0], place[1])}. `
      + `It reads ${of} of them${reads ? `; 95 % of the paths begin in the middle ${seen.middle}×${seen.middle}, ${Math.round(100 * (seen.middle / map.size) ** 2)} % of the area` : ""}.`;
    const viewers = maps.slice(layer + 1).map(({ name }, i) => [some(rows[layer + 1 + i]) * some(columns[layer + 1 + i]), name]);
    const by = layer === last ? "" : ` is seen by ${viewers.map(([count, name]) => `${many(count)} of ${name}`).join(", ")}.`;
    said.textContent = `Row ${place[0]}, column ${place[1]} of ${layer ? map.name : "the picture"}${sees}${by && sees ? " It" : ""}${by}`;
    formula.textContent = layer === 0 ? "" : `Size ${below.size} + (${map.extent} − 1) · ${below.jump} = ${map.size}, jump ${below.jump} · ${map.strides} = ${map.jump}, `
      + `start ${text(below.start)} + ((${map.extent} − 1)/2 − ${map.before}) · ${below.jump} = ${text(map.start)}. `
      + `Value ${place[0]} sees from ${text(map.start)} + ${place[0]} · ${map.jump} − ${map.size}/2 = ${text(first(map, place[0]))}.`;
  }
  const stop = keepDrawn(root, model, NAMES, redraw);
  return () => { stop(); end(); };
}

export default { render };
