// Draw a digit: nets read it while it is drawn, pushed and turned; their maps, kernels and probabilities.
import { begin, bitmap, buttons, bytes, change, counted, keepDrawn, layout, make, pack, sized, surface, table, text, unpack, write } from "./shared.js";

const BARS = "min-width: 66px; background: linear-gradient(90deg, color-mix(in srgb, var(--mark) 40%, transparent)", SHOWN = 8;  // inputs of a map
const PLAIN = "cursor: default; touch-action: auto";  // a finger on what is only shown scrolls the page
const FUNCTIONS = { tanh: Math.tanh, sigmoid: (value) => 1 / (1 + Math.exp(-value)) };

// Float32, or whole numbers from −127 to 127 with a scale for each output.
function numbers({ floats, bytes: whole, scale }) {
  if (floats !== undefined) return new Float64Array(new Float32Array(bytes(floats).buffer));
  const values = new Float64Array(new Int8Array(bytes(whole).buffer));
  for (let i = 0; i < values.length; i++) values[i] *= scale[i % scale.length];
  return values;
}

function softmax(values) {
  const most = Math.max(...values), powers = values.map((value) => Math.exp(value - most)), sum = powers.reduce((one, other) => one + other, 0);
  return powers.map((power) => power / sum);
}

// Windows of a stage over each axis of its input.
function axes({ size, strides, padding }, { height, width }) {
  return [height, width].map((n, i) => layout({ n, kernel_size: size ? size[i] : n, strides: strides ? strides[i] : 1, dilation_rate: 1, padding: padding || "valid" }));
}

// One stage of a net: a layer, and what follows it on each value. Values lie row by row, all channels of a pixel together.
function compute(input, stage) {
  const { height: high, width: wide, channels: depth, values: pixels } = input, { kind, kernel, bias } = stage;
  if (kind === "flatten") return { height: 1, width: 1, channels: pixels.length, values: pixels };
  const [rows, columns] = stage.size || [high, wide], [down, across] = stage.strides || [1, 1];
  const [{ outputs: height, before: top }, { outputs: width, before: left }] = axes(stage, input);
  const channels = bias ? bias.length : depth, values = new Float64Array(height * width * channels).fill(kind === "max" ? -Infinity : 0);
  const factors = new Float64Array(rows * columns * depth + 3), weights = new Int32Array(rows * columns * depth + 3);  // of what is not 0
  for (let y = 0, to = 0; y < height; y++) for (let x = 0; x < width; x++, to += channels) {
    let [read, count] = [0, 0];
    if (bias) values.set(bias, to);
    for (let i = Math.max(0, top - y * down); i < rows && y * down - top + i < high; i++) {
      for (let j = Math.max(0, left - x * across); j < columns && x * across - left + j < wide; j++, read++) {
        const from = ((y * down - top + i) * wide + x * across - left + j) * depth;
        if (kind === "max") for (let c = 0; c < depth; c++) { if (pixels[from + c] > values[to + c]) values[to + c] = pixels[from + c]; }
        else if (kind === "average") for (let c = 0; c < depth; c++) values[to + c] += pixels[from + c];
        else for (let c = 0; c < depth; c++) if (pixels[from + c] !== 0) {
          factors[count] = pixels[from + c];
          weights[count++] = ((i * columns + j) * depth + c) * channels;
        }
      }
    }
    for (; count % 4; count++) factors[count] = weights[count] = 0;
    for (let n = 0; n < count; n += 4) {  // four at once: each sum is read and written a quarter as often
      const a = weights[n], b = weights[n + 1], c = weights[n + 2], d = weights[n + 3];
      const p = factors[n], q = factors[n + 1], r = factors[n + 2], s = factors[n + 3];
      for (let k = 0; k < channels; k++) values[to + k] += p * kernel[a + k] + q * kernel[b + k] + r * kernel[c + k] + s * kernel[d + k];
    }
    if (kind === "average") for (let c = 0; c < depth; c++) values[to + c] /= read;
  }
  for (const { function: name, gain, offset } of stage.after) for (let i = 0; i < values.length; i++) {
    if (gain) values[i] = values[i] * gain[i % channels] + offset[i % channels];
    else if (name === "relu") values[i] = values[i] > 0 ? values[i] : 0;
    else if (name !== "softmax") values[i] = FUNCTIONS[name](values[i]);
    else if (i % channels === 0) values.set(softmax(values.subarray(i, i + channels)), i);
  }
  return { height, width, channels, values };
}

// What all stages put out, the image first; probabilities at the end, also of a net that gives logits.
function through({ stages }, image) {
  const all = stages.reduce((before, stage) => [...before, compute(before.at(-1), stage)], [image]);
  return stages.at(-1).after.length ? all : [...all.slice(0, -1), { ...all.at(-1), values: softmax(all.at(-1).values) }];
}

// Which rows and which columns of the image any of the last maps reads.
function reads({ stages }, maps) {
  return stages.slice(0, stages.findIndex(({ size }) => !size)).reduceRight((used, stage, at) => axes(stage, maps[at]).map(({ windows, uses }, i) =>
    uses.map((_, pixel) => windows.some((taps, place) => (used ? used[i][place] : true) && taps.includes(pixel)))), null);
}

// The plane as seen through `at`, which says for each place where to look in it; between pixels in proportion, outside 0.
function resampled({ height, width, values }, rows, columns, at) {
  const pixel = (y, x) => (y < 0 || x < 0 || y >= height || x >= width ? 0 : values[y * width + x]);
  return Float64Array.from({ length: rows * columns }, (_, place) => {
    const [y, x] = at(Math.floor(place / columns), place % columns), i = Math.floor(y), j = Math.floor(x), [v, u] = [y - i, x - j];
    return (1 - v) * ((1 - u) * pixel(i, j) + u * pixel(i, j + 1)) + v * ((1 - u) * pixel(i + 1, j) + u * pixel(i + 1, j + 1));
  });
}

// Pushed by pixels, and turned clockwise by degrees about the middle.
function moved(plane, { down, right, turn }) {
  const [cos, sin] = [Math.cos, Math.sin].map((f) => f((turn * Math.PI) / 180)), [y0, x0] = [(plane.height - 1) / 2, (plane.width - 1) / 2];
  return resampled(plane, plane.height, plane.width, (row, column) => {
    const [y, x] = [row - down - y0, column - right - x0];
    return [cos * y - sin * x + y0, sin * y + cos * x + x0];
  });
}

// As the digits of the data were made: upright, as high as the frame, 8×8 pixels of 17 grays, enlarged along cubic curves.
function prepared(plane) {
  const { height, width, values } = plane, brightest = Math.max(...values), ys = [], xs = [];
  if (!brightest) return values;
  const sum = (weight) => values.reduce((total, value, i) => total + value * weight(Math.floor(i / width), i % width), 0), mass = sum(() => 1);
  const cy = sum((y) => y) / mass, cx = sum((_, x) => x) / mass, spread = sum((y) => (y - cy) ** 2);
  const slant = spread ? Math.max(-1, Math.min(1, sum((y, x) => (y - cy) * (x - cx)) / spread)) : 0;
  values.forEach((value, i) => {
    if (value < 0.3 * brightest) return;
    ys.push(Math.floor(i / width));
    xs.push((i % width) - slant * (ys.at(-1) - cy));
  });
  const [[top, bottom], [left, right]] = [ys, xs].map((all) => [Math.min(...all), Math.max(...all) + 1]);
  const up = (bottom - top) / 64, across = Math.max(up, (right - left) / 44), small = new Float64Array(64);  // of 64 points; a wide one fills 44
  resampled(plane, 64, 64, (row, column) => {
    const y = (top + bottom - 1) / 2 + (row - 31.5) * up;
    return [y, (left + right - 1) / 2 + (column - 31.5) * across + slant * (y - cy)];
  }).forEach((value, i) => (small[(i >> 9) * 8 + ((i % 64) >> 3)] += value / brightest / 64));
  const curve = (t) => (t <= 1 ? (1.4 * t - 2.4) * t * t + 1 : t < 2 ? -0.6 * (((t - 5) * t + 8) * t - 4) : 0);
  const taps = (n) => Array.from({ length: n }, (_, i) => Array.from({ length: 12 }, (_, j) => [Math.max(0, Math.min(7, j - 2)), curve(Math.abs((8 * i + 4) / n + 1.5 - j))]).filter(([, share]) => share));
  const rows = taps(height), columns = taps(width), grays = small.map((value) => Math.round(16 * value) / 16);
  return Float64Array.from({ length: height * width }, (_, place) => Math.max(0, Math.min(1, rows[Math.floor(place / width)].reduce((total, [i, a]) =>
    total + a * columns[place % width].reduce((part, [j, b]) => part + b * grays[i * 8 + j], 0), 0))));
}

// With the range in which it is drawn. (Loops, where there are many values: they are several times as fast.)
function ranged(plane) {
  let [limit, signed] = [0, false];
  for (const value of plane.values) { limit = Math.max(limit, Math.abs(value)); signed ||= value < 0; }
  return { ...plane, limit: limit || 1, signed };
}

function picture({ height, width, channels, values }, c) {
  const own = new Float64Array(height * width);
  for (let i = 0; i < own.length; i++) own[i] = values[i * channels + c];
  return ranged({ height, width, channels: 1, values: own });
}

// Inputs of map `k`, those first that move it most, with their kernels. A pool has one.
function inputs(input, stage, k) {
  if (!stage.kernel) return [{ c: k }];
  const [height, width] = stage.size;
  return Array.from({ length: input.channels }, (_, c) => {
    const values = Float64Array.from({ length: height * width }, (_, i) => stage.kernel[(i * input.channels + c) * stage.bias.length + k]);
    const part = compute(picture(input, c), { ...stage, kernel: values, bias: [0], after: [] });
    return { c, kernel: { ...ranged({ height, width, channels: 1, values }), signed: true }, moves: part.values.reduce((sum, value) => sum + Math.abs(value), 0) };
  }).sort((one, other) => other.moves - one.moves || one.c - other.c);
}

// All maps of a stage side by side, as one picture.
function sheet({ height, width, channels, values }) {
  const columns = Math.min(channels, channels > 32 ? 16 : 8), lines = Math.ceil(channels / columns), gap = height * width > 1 ? 1 : 0;
  const [high, wide] = [height + gap, width + gap], { limit, signed } = ranged({ values }), all = new Float64Array(lines * high * columns * wide).fill(0.3 * limit);
  for (let y = 0, i = 0; y < height; y++) for (let x = 0; x < width; x++) for (let c = 0; c < channels; c++, i++) {
    all[(Math.floor(c / columns) * high + y) * columns * wide + (c % columns) * wide + x] = values[i];
  }
  return { height: lines * high, width: columns * wide, channels: 1, values: all, limit, signed, columns, high, wide };
}

// One dot a pixel, which the browser enlarges: much less work than to draw it large.
function draw(canvas, plane, scale) {
  bitmap(plane, 0, canvas);
  Object.assign(canvas.style, { width: `${Math.round(plane.width * scale)}px`, height: `${Math.round(plane.height * scale)}px`, imageRendering: "pixelated" });
}

// A canvas with a frame on it; `mark` puts it around a place, or takes it away.
function framed(canvas) {
  const frame = make("span", { style: "position: absolute; pointer-events: none; border: 2px solid #00785a; outline: 1px solid #fff" });
  const mark = (box, scale) => {
    frame.hidden = !box;
    if (box) ["left", "top", "width", "height"].forEach((side, i) => (frame.style[side] = `${box[i] * scale}px`));
  };
  return { mark, element: make("div", { style: "position: relative; width: max-content" }, canvas, frame) };
}

function render({ model, el }) {
  const { root, end } = begin(el, "Draw a digit"), still = { right: 0, down: 0, turn: 0 };
  const nets = model.get("nets").map((net) => ({ ...net, stages: net.stages.map((stage) => (stage.kernel ? { ...stage, kernel: numbers(stage.kernel) } : stage)) }));
  const frames = [], classes = Array.from({ length: Math.max(...nets.map((net) => net.classes)) }, (_, i) => String(i)), samples = bytes(model.get("examples"));
  let net = nets[0], chosen = [0, 0], base, seen, pen = [0, 0], last, inking = false, erasing = false, preparing = false, shift = still, views = [], results = [], painted = {}, room;

  // The image is what the nets read. What was drawn, and how it is prepared, pushed and turned, is known here only.
  function start(plane, prepare = false) {
    [base, shift, preparing] = [plane, still, prepare];
    update();
  }
  function update() {
    const values = moved(preparing ? { ...base, values: prepared(base) } : base, shift).map((value) => Math.round(value * 1e4) / 1e4);
    seen = { ...base, values: preparing || shift !== still ? values : base.values };
    change(model, { image: pack(seen) });
    redraw();
  }
  // Ink along a line. Who draws on a digit that is pushed or turned goes on with what is read.
  function ink([y0, x0], [y1, x1]) {
    if (shift !== still) [base, shift, preparing] = [seen, still, false];
    const [dy, dx] = [y1 - y0, x1 - x0], length = dy * dy + dx * dx || 1, { width } = base;
    base = { ...base, values: base.values.map((old, i) => {
      const [y, x] = [Math.floor(i / width) + 0.5 - y0, (i % width) + 0.5 - x0], along = Math.max(0, Math.min(1, (y * dy + x * dx) / length));
      const wet = Math.max(0, Math.min(1, (erasing ? 3 : 2) - Math.hypot(y - along * dy, x - along * dx)));
      return erasing ? Math.min(old, 1 - wet) : Math.max(old, wet);
    }) };
    update();
  }
  function go(down, right) {
    const before = pen;
    pen = [pen[0] + down, pen[1] + right].map((place, i) => Math.max(0, Math.min([base.height, base.width][i] - 1, place)));
    if (inking) ink(...[before, pen].map((place) => place.map((one) => one + 0.5)));
    else redraw();
    where.textContent = `Pen ${inking ? "down" : "up"}, row ${pen[0]}, column ${pen[1]}.`;
  }
  const button = (words, press) => make("button", { type: "button", onclick: press }, words), soft = (...words) => make("span", { class: "soft" }, ...words);
  const figure = (words, ...parts) => make("figure", {}, make("figcaption", { class: "soft", style: "width: min-content; min-width: 100%" }, words), ...parts);
  const paper = surface({ style: "cursor: crosshair", onblur: () => { inking = false; redraw(); }, onfocus: () => redraw(), onlostpointercapture: () => { last = null; }, "aria-roledescription": "drawing",
    "aria-label": "Drawing. Arrow keys move the pen, the space bar puts it down and lifts it." }, (down, right) => {
    const next = [down * base.height, right * base.width];
    ink(last || next, next);
    last = next;
  }, go);
  const penned = framed(paper);
  paper.addEventListener("keydown", (event) => {
    if (event.key !== " ") return;
    event.preventDefault();
    inking = !inking;
    go(0, 0);
  });
  const where = make("p", { class: "soft", "aria-live": "polite" }, "Draw with a mouse, a finger, or with the arrow keys and the space bar.");
  const caption = make("span"), shown = make("canvas", { role: "img", style: PLAIN });
  const examples = buttons("Digits of the data", samples.length ? classes : [], (digit) =>
    start({ ...base, values: Float64Array.from(samples.subarray(digit * 784, (Number(digit) + 1) * 784), (value) => value / 255) }));
  const erase = button("erase", () => { erasing = !erasing; redraw(); }), prepare = button("prepare as the data", () => { preparing = !preparing; update(); });
  const sliders = [["right", "push right", 14], ["down", "push down", 14], ["turn", "turn clockwise", 180]].map(([name, words, most]) => {
    const said = make("span"), input = make("input", { type: "range", min: -most, max: most, step: most > 99 ? 5 : 1, style: "width: 130px", "data-name": name,
      oninput() { shift = { ...shift, [name]: Number(this.value) }; update(); } });
    return { element: make("label", {}, said, input), update() { said.textContent = `${words} ${text(shift[name])}`; input.value = shift[name]; } };
  });
  const which = buttons("Maps of", nets.map(({ name }) => name), (name) => { [net, chosen] = [nets.find((one) => one.name === name), [0, 0]]; build(); redraw(); });
  const bars = table(["digit", ...nets.map(({ name }) => name)], classes), cells = [...bars.element.querySelectorAll("td")];
  const said = make("p", { "aria-live": "polite", "data-name": "answers" }), sheets = make("div", { class: "flow" });
  const why = make("p", { "aria-live": "polite", "data-name": "map" }), parts = make("div", { class: "flow" });
  root.append(make("div", { class: "flow tight" }, examples.all.length ? soft("A digit of the data") : "", examples.element, button("empty", () => start({ ...base, values: base.values.map(() => 0) }, true)), erase, prepare),
    make("div", { class: "flow" }, sliders.map(({ element }) => element), button("put back", () => { shift = still; update(); })),
    said, make("div", { class: "flow", style: "align-items: start" }, figure("Drawing", penned.element), bars.element, figure(caption, shown)), where,
    make("div", { class: "flow tight" }, soft("Maps of"), which.element, soft("Choose one, to see what makes it.")), sheets, why, parts);

  // A sheet for each stage with several maps; one of them is chosen.
  function build() {
    views = net.stages.flatMap(({ size, name }, at) => {
      if (!size || at === net.stages.length - 1) return [];
      let now;
      const pick = (map) => { chosen = [at, Math.max(0, Math.min(now.count - 1, map))]; redraw(); };
      const canvas = surface({ "aria-roledescription": "choice of a map", style: "cursor: pointer; touch-action: manipulation" }, (down, right) =>
        pick(Math.floor((down * now.height) / now.high) * now.columns + Math.floor((right * now.width) / now.wide)), (down, right) => pick((chosen[0] === at ? chosen[1] : 0) + right + down * now.columns));
      const title = make("span"), { element, mark } = framed(canvas);
      return [{ element: figure(title, element), paint(maps) {
        const map = maps[at + 1];
        now = { ...sheet(map), count: map.channels };
        title.textContent = `${name}: ${map.height * map.width > 1 ? `${counted(now.count, "map")} of ${map.height}×${map.width}` : counted(now.count, "value")}`;
        canvas.setAttribute("aria-label", `${title.textContent}. Arrow keys choose one.`);
        const scale = Math.min(room, now.width < 30 ? 160 : now.width < 120 ? 260 : 400) / now.width;
        draw(canvas, now, scale);
        mark(chosen[0] === at && [(chosen[1] % now.columns) * now.wide, Math.floor(chosen[1] / now.columns) * now.high, now.wide, now.high], scale);
      } }];
    });
    sheets.replaceChildren(...views.map(({ element }) => element));
  }

  // The chosen map, and the inputs and kernels that make it.
  function explain(maps, [at, k]) {
    const stage = net.stages[at], input = maps[at], map = picture(maps[at + 1], k), all = inputs(input, stage, k), [rows, columns] = stage.size;
    let used = 0;
    const best = map.values.indexOf(Math.max(...map.values)), drawn = (words, plane, scale) => {
      if (!frames[used]) {
        const canvas = make("canvas", { role: "img", style: PLAIN }), title = make("span");
        frames.push({ canvas, title, element: figure(title, canvas) });
      }
      const { canvas, title, element } = frames[used++];
      if (plane.height * plane.width > 49 || scale < 22) draw(canvas, plane, scale);
      else {  // with its numbers
        const size = [plane.width, plane.height].map((side) => Math.round(side * scale)), context = sized(canvas, ...size);
        context.imageSmoothingEnabled = false;
        context.drawImage(bitmap(plane, 0), 0, 0, ...size);
        write(context, plane, 0, scale);
      }
      title.textContent = words;
      canvas.setAttribute("aria-label", words);
      return element;
    };
    const kind = map.values.length > 1 ? "map" : "value", made = stage.kernel
      ? `${rows * columns > 1 ? `a kernel of ${rows}×${columns}` : "a weight"} for each of ${counted(all.length, "input")}, bias ${text(stage.bias[k], 2)}`
      : `the ${stage.kind === "max" ? "largest value" : "mean"} of each ${rows}×${columns} window of the map before it`;
    why.textContent = `${stage.name}, ${kind} ${k}: ${made}. ${kind === "map" ? "Largest" : "It is"} ${text(map.values[best], 2)}`
      + `${kind === "map" ? ` at row ${Math.floor(best / map.width)}, column ${best % map.width}` : ""}.`
      + (all.length > SHOWN ? ` Shown are the ${SHOWN} inputs that move it most.` : "");
    parts.replaceChildren(drawn(`${kind} ${k}`, map, Math.min(28, 140 / map.width)), ...all.slice(0, SHOWN).map(({ c, kernel }) => make("div", { class: "flow tight" },
      drawn(at ? `input ${c}` : "the image", picture(input, c), Math.min(28, 84 / input.width)), kernel ? drawn(rows * columns > 1 ? "kernel" : "weight", kernel, Math.min(28, 84 / kernel.width)) : "")));
  }

  function redraw() {
    if (results.of !== seen) results = Object.assign(nets.map((one) => through(one, seen)), { of: seen });
    const maps = results[nets.indexOf(net)], shares = results.map((all) => all.at(-1).values), [rows, columns] = reads(net, maps), wide = root.clientWidth - 24;
    const scale = Math.floor(Math.min(wide > 700 ? 224 : 300, wide) / base.width), gray = (i) => !(rows[Math.floor(i / base.width)] && columns[i % base.width]);
    const veiled = seen.values.map((value, i) => (gray(i) ? 0.3 + 0.4 * value : value)), unread = veiled.reduce((count, _, i) => count + gray(i), 0);
    draw(paper, base, scale);
    penned.mark(paper.getRootNode().activeElement === paper && [pen[1], pen[0], 1, 1], scale);
    draw(shown, { ...seen, values: veiled }, scale);
    caption.textContent = `What is read${unread ? `; gray: ${unread} pixels that ${net.name} never reads` : ""}`;
    shown.setAttribute("aria-label", caption.textContent);
    const answered = `${nets.map(({ name }, i) => `${name} reads ${shares[i].indexOf(Math.max(...shares[i]))}`).join(", ")}.`;
    if (said.textContent !== answered) said.textContent = answered;
    cells.forEach((cell, i) => {
      const words = (shares[i % nets.length][Math.floor(i / nets.length)] ?? 0).toFixed(3);
      if (words === cell.textContent) return;
      cell.textContent = words;
      cell.style.cssText = `${BARS} ${100 * words}%, transparent ${100 * words}%)`;
    });
    if (painted.maps !== maps || painted.chosen !== chosen || room !== wide) {
      [painted, room] = [{ maps, chosen }, wide];
      views.forEach(({ paint }) => paint(maps));
      explain(maps, chosen);
    }
    sliders.forEach((slider) => slider.update());
    [[erase, erasing], [prepare, preparing]].forEach(([element, on]) => element.setAttribute("aria-pressed", on));
    which.update(net.name);
  }
  function adopt() {
    const image = unpack(model.get("image"));
    if (seen && image.values.every((value, i) => value === seen.values[i])) return;
    [base, seen, shift, preparing] = [image, image, still, false];
    redraw();
  }
  build();
  const stop = keepDrawn(root, model, ["image"], adopt, redraw);
  return () => { stop(); end(); };
}

export default { render };
