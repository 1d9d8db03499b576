// Drag the window: its pixels, the kernel, their products, the sum, and the whole output.
import { begin, bitmap, buttons, change, correlate, counted, keepDrawn, make, numberInput, pack, show, sized, surface, text, unpack, write } from "./shared.js";

const NAMES = ["image", "kernel", "flip", "position"];

// What is drawn: a photograph of three channels in colors, else each channel by itself.
function planes({ grid, channels }) {
  return !grid && channels === 3 ? [null] : Array.from({ length: channels }, (_, channel) => channel);
}

// A canvas to look at and to move the window on, by pointer or arrow keys. `paint` draws it, with a box around the window.
function stage(label, move, step) {
  const caption = make("figcaption", { class: "soft" });
  let seen = { height: 0, width: 0 };
  const at = (down, right) => move(Math.floor(down * seen.height), Math.floor(right * seen.width));
  const canvas = surface({ "aria-roledescription": "movable window",
    "aria-label": `${label}. Arrow keys move the window, with Shift by ten.` }, at, step);
  function paint(picture, plane, channel, room, box) {
    const scale = plane.grid ? Math.min(52, Math.floor(room / plane.width)) : Math.min(room / plane.width, 420 / plane.height, 8);
    const [width, height] = [plane.width * scale, plane.height * scale].map(Math.round), context = sized(canvas, width, height);
    seen = plane;
    context.imageSmoothingEnabled = !plane.grid && scale < 1;
    context.drawImage(picture, 0, 0, width, height);
    if (plane.grid && scale >= 22) write(context, plane, channel, scale);
    const [y, x, high, wide] = box.map((edge) => edge * scale), around = (at, side, end) => {
      const least = Math.min(end, Math.max(side, 18));
      return [Math.max(0, Math.min(at - (least - side) / 2, end - least)), least];
    };
    const [[top, down], [left, right]] = [around(y, high, height), around(x, wide, width)];
    for (const [strokeStyle, lineWidth] of [["#fff", 6], ["#00785a", 3]]) {  // never so small that one cannot find it
      Object.assign(context, { strokeStyle, lineWidth });
      context.strokeRect(left + 1.5, top + 1.5, right - 3, down - 3);
    }
  }
  return { canvas, caption, paint, element: make("figure", {}, caption, canvas) };
}

function render({ model, el }) {
  const { root, end } = begin(el, "Drag the window");
  const read = () => Object.fromEntries(NAMES.map((name) => [name, model.get(name)]));
  const first = read(), named = model.get("kernels");
  const complaint = make("p", { class: "bad", role: "alert" });
  let image, output, pictures, weights, stages = [], tables = [], seen = {};

  function put(changes) {
    const next = { ...read(), ...changes }, [height, width] = next.image.shape;
    const last = [height - next.kernel.length, width - next.kernel[0].length];
    complaint.textContent = Math.min(...last) < 0 ? `The kernel does not fit: it is ${next.kernel.length}×${next.kernel[0].length}, `
      + `the image ${height}×${width}.` : "";
    if (Math.min(...last) < 0) return false;
    change(model, { ...changes, position: next.position.map((place, i) => Math.max(0, Math.min(place, last[i]))) });
    return true;
  }
  const move = (row, column) => put({ position: [row, column] });
  const step = (down, right) => move(model.get("position")[0] + down, model.get("position")[1] + right);

  const presets = buttons("Kernels", Object.keys(named), (name) =>
    put({ kernel: named[name].map((row) => row.map((weight) => new Array(image.channels).fill(weight))) }));
  const flip = make("button", { type: "button", "aria-pressed": false, onclick: () => put({ flip: !model.get("flip") }) }, "flip the kernel");
  const channels = buttons("Channels", ["1", "2", "3"], (name) => setChannels(Number(name)));
  const again = make("button", { type: "button", onclick: () => put(first) }, "start again");
  const pictureRow = make("div", { class: "flow" }), sums = make("div", { class: "wide" });
  const said = make("p", { "aria-live": "polite", "data-name": "sum" }), statistics = make("p", { "data-name": "statistics" });
  root.append(make("div", { class: "flow tight" }, make("span", { class: "soft" }, "Kernel"), presets.element), complaint,
    make("div", { class: "flow tight" }, flip, make("span", { class: "soft" }, "Channels"), channels.element, again),
    pictureRow, said, sums, statistics);

  // More channels: those that the explorer began with, else copies of the first.
  function setChannels(count) {
    const old = read(), began = unpack(first.image), same = String(first.image.shape.slice(0, 2)) === String(old.image.shape.slice(0, 2));
    const from = (now, before, channel) => now[channel] ?? before?.[channel] ?? now[0];
    const dot = ({ values, channels }, i) => values.slice(i * channels, (i + 1) * channels);
    const each = (content) => Array.from({ length: count }, (_, channel) => content(channel));
    const values = Array.from({ length: image.height * image.width }, (_, i) =>
      each((channel) => from(dot(image, i), same && dot(began, i), channel))).flat();
    const kernel = old.kernel.map((row, i) => row.map((column, j) => each((channel) => from(column, first.kernel[i]?.[j], channel))));
    put({ image: pack({ ...image, channels: count, values }), kernel });
  }

  // Tables of inputs: pixels under the window and weights; and their products. Anew only when their number changes.
  function build() {
    const [height, width, depth] = [weights.length, weights[0].length, image.channels];
    const each = (make_cell) => Array.from({ length: height }, (_, i) => Array.from({ length: width }, (_, j) => make_cell(i, j)));
    tables = Array.from({ length: depth }, (_, channel) => ({
      pixels: each((i, j) => numberInput({ spoken: `pixel under the window, row ${i}, column ${j}, channel ${channel}` }, (value) => {
        const [row, column] = model.get("position"), values = image.values.slice();
        values[((row + i) * image.width + column + j) * depth + channel] = value;
        return put({ image: pack({ ...image, values }) });
      }).input),
      weights: each((i, j) => numberInput({ spoken: `weight, row ${i}, column ${j}, channel ${channel}` }, (value) => {
        const kernel = structuredClone(model.get("kernel"));
        kernel[i][j][channel] = value;
        return put({ kernel });
      }).input),
      products: each(() => make("span")),
    }));
    const body = (cells) => make("table", {}, make("tbody", {}, cells.map((row) => make("tr", {}, row.map((cell) => make("td", {}, cell))))));
    const titled = (title, cells) => make("div", { role: "group", "aria-label": title }, make("div", { class: "soft" }, title), body(cells));
    sums.replaceChildren(...tables.map((own, channel) => make("div", { class: "flow" },
      titled(depth > 1 ? `channel ${channel}: pixels` : "pixels under the window", own.pixels),
      titled("weights", own.weights), titled("pixel · weight", own.products))));
    const labels = planes(image).map((channel, _, all) => (all.length > 1 ? `Image, channel ${channel}` : "Image"));
    const [half_height, half_width] = [Math.floor(height / 2), Math.floor(width / 2)];
    stages = [...labels.map((label) => stage(label, (y, x) => move(y - half_height, x - half_width), step)), stage("Output", move, step)];
    stages.forEach(({ caption }, i) => (caption.textContent = labels[i] || ""));
    pictureRow.replaceChildren(...stages.map(({ element }) => element));
  }

  function compute(state) {
    const shape = () => [image?.channels, image?.grid, weights?.length, weights?.[0].length].join();
    const before = shape();
    if (state.image !== seen.image) image = unpack(state.image);
    weights = state.flip ? state.kernel.map((row) => [...row].reverse()).reverse() : state.kernel;
    if (shape() !== before) build();
    output = correlate(image, weights);
    const total = weights.flat(2).reduce((sum, weight) => sum + weight, 0), sizes = output.values.filter((_, i) => image.grid || i % 9 === 0).map(Math.abs).sort();
    const most = sizes.at(image.grid ? -1 : Math.floor(0.99 * sizes.length)) || 1;  // a few edges would make all others pale
    output.signed = output.values.some((value) => value < -1e-9) && (image.grid || total < 1e-9);
    output.limit = output.signed || image.grid || total < 1e-9 ? most : image.limit * total;
    if (state.image !== seen.image) pictures = planes(image).map((channel) => bitmap(image, channel));
    output.picture = bitmap(output, 0);
    const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const strong = mean(output.values.map((value) => (Math.abs(value) > image.limit / 2 ? 1 : 0)));
    statistics.textContent = `Sum of the weights ${text(total)}. Mean of the image ${text(mean(image.values))}, of the output ${text(mean(output.values))}. `
      + `Strong answers (beyond ±${text(image.limit / 2)}, half of ${image.limit === 1 ? "white" : "the largest pixel"}): ${(100 * strong).toFixed(1)} %.`;
    stages.at(-1).caption.textContent = `Output ${output.height}×${output.width}${output.signed ? ", orange below 0, purple above" : ""}`;
    presets.update(Object.keys(named).find((name) => String(named[name].map((row) => row.map((weight) =>
      new Array(image.channels).fill(weight)))) === String(state.kernel) && named[name].length === state.kernel.length));
    flip.setAttribute("aria-pressed", state.flip);
    channels.update(String(image.channels));
    seen = state;
  }

  function redraw() {
    const state = read(), [row, column] = state.position;
    if (["image", "kernel", "flip"].some((name) => state[name] !== seen[name])) compute(state);
    const size = [weights.length, weights[0].length], terms = [];
    tables.forEach((own, channel) => weights.forEach((line, i) => line.forEach((weight, j) => {
      const pixel = image.values[((row + i) * image.width + column + j) * image.channels + channel];
      show(own.pixels[i][j], Number(pixel.toFixed(3)));
      show(own.weights[i][j], Number(state.kernel[i][j][channel].toFixed(3)));
      terms.push([pixel, weight[channel]].map((factor) => (factor < 0 ? `(${text(factor, 3)})` : text(factor, 3))).join("·"));
      own.products[i][j].textContent = `${image.grid ? `${terms.at(-1)} = ` : ""}${text(pixel * weight[channel], 3)}`;
    })));
    const sum = text(output.values[row * output.width + column]);
    said.textContent = `Row ${row}, column ${column}: ${terms.length > 9 ? `${counted(terms.length, "product")} sum to ${sum}` : `${terms.join(" + ")} = ${sum}`}.`;
    const all = root.clientWidth - 24, roomOf = (count) => (all - 16 * (count - 1)) / count;
    let beside = image.grid ? stages.length : all > 560 ? 2 : 1;
    while (image.grid && beside > 1 && roomOf(beside) < 24 * image.width) beside -= 1;  // so that numbers can be read
    const room = roomOf(beside);
    stages.slice(0, -1).forEach(({ paint }, i) => paint(pictures[i], image, i, room, [row, column, ...size]));
    stages.at(-1).paint(output.picture, output, 0, room, [row, column, 1, 1]);
  }
  const stop = keepDrawn(root, model, NAMES, redraw);
  return () => { stop(); end(); };
}

export default { render };
