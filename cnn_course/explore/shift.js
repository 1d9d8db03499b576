// Push the picture: what a shift changes in all answers of a kernel, behind a max pool, an average pool, and strides.
import { begin, bitmap, change, correlate, counted, keepDrawn, make, numberInput, show, sized, surface, table, text, unpack, write } from "./shared.js";

const NAMES = ["image", "kernel", "strides", "by", "wrap"], MOST_STRIDES = 16, SAME = 1e-6;  // rounding, in the largest answer
const WAYS = ["all answers", "max pool", "average pool", "strides"];

// A plane made of another: `from(row, column)` says where each of its values comes from, or null for 0.
function remake(plane, height, width, from) {
  const values = new Float64Array(height * width);
  for (let i = 0, y = 0; y < height; y++) for (let x = 0; x < width; x++, i++) values[i] = plane.values[from(y, x)] ?? 0;
  return { ...plane, height, width, values };
}
const around = (place, size) => ((place % size) + size) % size;

function push(image, [down, right], wrap) {
  const { height, width } = image, values = new Float64Array(height * width), shift = around(right, width);
  for (let y = 0; y < height; y++) {
    if (!wrap && (y < down || y >= height + down)) continue;
    const from = around(y - down, height) * width, to = y * width;
    values.set(image.values.subarray(from, from + width - shift), to + shift);
    values.set(image.values.subarray(from + width - shift, from + width), to);
    if (!wrap) values.fill(0, right > 0 ? to : to + width + right, right > 0 ? to + right : to + width);
  }
  return { ...image, values };
}

// Mean, sum of squared distances from it, largest and smallest of a plane's values.
function totals({ values }) {
  let sum = 0, squares = 0, most = -Infinity, least = Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    sum += value;
    squares += value * value;
    if (value > most) most = value;
    if (value < least) least = value;
  }
  return { mean: sum / values.length, spread: squares - (sum * sum) / values.length, most, least };
}

// The maps of one picture: all answers (with `wrap` as many as pixels, else where the kernel fits), and what is kept of them.
function mapsOf(image, { kernel, strides, wrap }) {
  const { height, width } = image, more = wrap ? [kernel.length - 1, kernel[0].length - 1] : [0, 0];
  const wide = Math.max(...more) ? remake(image, height + more[0], width + more[1], (y, x) => (y % height) * width + (x % width)) : image;
  const all = { ...image, ...correlate(wide, kernel.map((row) => row.map((weight) => [weight]))) }, [rows, columns] = [all.height, all.width].map((size) => Math.floor(size / strides));
  const [largest, mean] = [0, 1].map(() => remake(all, rows, columns, () => null));
  for (let i = 0; i < rows * columns; i++) {
    let most = -Infinity, sum = 0;
    for (let from = Math.floor(i / columns) * strides * all.width + (i % columns) * strides, k = 0; k < strides * strides; k++) {
      const value = all.values[from + Math.floor(k / strides) * all.width + (k % strides)];
      most = Math.max(most, value);
      sum += value;
    }
    [largest.values[i], mean.values[i]] = [most, sum / strides ** 2];
  }
  const picked = remake(all, Math.ceil(all.height / strides), Math.ceil(all.width / strides), (y, x) => y * strides * all.width + x * strides);
  return [all, largest, mean, picked].map((plane) => ({ ...plane, ...totals(plane) }));
}

// What has become of each map: places that stay, or stay once it has been moved along; the correlation; largest and mean.
function compare(before, after, { strides, by, wrap }) {
  const least = Math.min(before[0].least, after[0].least), limit = Math.max(before[0].most, after[0].most, -least) || 1;
  return before.map((was, way) => {
    const now = { ...after[way], limit, signed: least < 0 }, change = { ...now, signed: true, values: new Float64Array(now.values.length) };
    const along = by.map((pixels) => pixels / (way ? strides : 1)), whole = along.every(Number.isInteger), expected = whole ? push(was, along, wrap).values : [];
    const count = now.values.length;
    let same = 0, moved = 0, products = 0;
    for (let i = 0; i < count; i++) {
      const one = was.values[i], other = now.values[i];
      change.values[i] = other - one;
      same += Math.abs(other - one) <= SAME * limit ? 1 : 0;
      moved += whole && Math.abs(other - expected[i]) <= SAME * limit ? 1 : 0;
      products += one * other;
    }
    const varied = Math.min(was.spread, now.spread) > 1e-12 * count * limit ** 2;
    const alike = varied ? (products - count * was.mean * now.mean) / Math.sqrt(was.spread * now.spread) : null;
    return { name: WAYS[way], now, change, count, same, moved: whole ? moved : null, alike, largest: [was.most, now.most], means: [was.mean, now.mean] };
  });
}

function render({ model, el }) {
  const { root, end } = begin(el, "Push the picture");
  const read = () => Object.fromEntries(NAMES.map((name) => [name, model.get(name)])), at = { by: [0, 0], pixel: [0, 0] };
  let image, before, seen = {};

  // Take settings over; a shift stays smaller than the picture, strides as many as there are answers.
  function put(changes) {
    const next = { ...read(), ...changes }, sides = next.image.shape;
    const answers = next.wrap ? [image.height, image.width] : [image.height - next.kernel.length + 1, image.width - next.kernel[0].length + 1];
    change(model, { ...changes, strides: Math.min(next.strides, MOST_STRIDES, ...answers), by: next.by.map((pixels, i) => Math.max(1 - sides[i], Math.min(sides[i] - 1, pixels))) });
    return true;
  }
  const picture = surface({ "aria-roledescription": "picture to push", "aria-label": "Picture. Arrow keys push it, with Shift by ten." }, (down, right, first) => {
    const pixel = [Math.floor(down * image.height), Math.floor(right * image.width)];
    if (first) Object.assign(at, { pixel, by: model.get("by") });
    else put({ by: at.by.map((pixels, i) => pixels + pixel[i] - at.pixel[i]) });
  }, (down, right) => put({ by: [model.get("by")[0] + down, model.get("by")[1] + right] }));
  const number = (label, name, accept) => numberInput(label, accept, { type: "number", step: 1, "data-name": name });
  const inputs = [number("down", "down", (value) => put({ by: [value, model.get("by")[1]] })), number("right", "right", (value) => put({ by: [model.get("by")[0], value] })),
    number("strides", "strides", (value) => value > 0 && value <= MOST_STRIDES && put({ strides: value }))];
  const wrap = make("button", { type: "button", onclick: () => put({ wrap: !model.get("wrap") }) }, "what leaves comes in opposite");
  const results = table(["map", "places that stay", "moved along", "alike", "largest", "mean"], WAYS);
  const still = (label) => make("canvas", { role: "img", "aria-label": label, style: "cursor: auto; touch-action: auto" });
  const figures = WAYS.map((name) => ({ caption: make("figcaption", { class: "soft" }), now: still(`${name}, now`), change: still(`${name}, its change`) }));
  const said = make("p", { "aria-live": "polite", "data-name": "said" });
  root.append(make("div", { class: "flow" }, inputs.map(({ element }) => element), wrap, make("button", { type: "button", onclick: () => put({ by: [0, 0] }) }, "push back")),
    picture, said, results.element, make("div", { class: "flow" },
      figures.map(({ caption, now, change: changed }) => make("figure", {}, caption, make("div", { class: "flow tight", style: "gap: 14px" }, now, changed)))));

  function paint(canvas, plane, room) {
    const scale = plane.grid ? Math.min(40, Math.floor(room / plane.width)) : Math.min(room / plane.width, 360 / plane.height, 8);
    const [width, height] = [plane.width * scale, plane.height * scale].map(Math.round), context = sized(canvas, width, height);
    context.imageSmoothingEnabled = !plane.grid && scale < 1;
    context.drawImage(bitmap(plane, 0, canvas.dots ||= make("canvas")), 0, 0, width, height);
    if (plane.grid && scale >= 22) write(context, plane, 0, scale);
  }
  function redraw() {
    const state = read(), { strides, by } = state, whole = by.every((pixels) => pixels % strides === 0), room = root.clientWidth - 24;
    if (state.image !== seen.image) image = unpack(state.image);
    if (["image", "kernel", "strides", "wrap"].some((name) => state[name] !== seen[name])) before = mapsOf(image, state);
    seen = state;
    const pushed = push(image, by, state.wrap), found = compare(before, mapsOf(pushed, state), state), both = (values) => values.map((value) => text(value, 3)).join(" → ");
    [...by, strides].forEach((value, i) => show(inputs[i].input, value));
    wrap.setAttribute("aria-pressed", state.wrap);
    paint(picture, pushed, Math.min(room, 480));
    found.forEach(({ name, now, change: changed, count, same, moved, alike, largest, means }, i) => {
      results.fill(i, [`${same} of ${count}`, moved === null ? "–" : `${moved} of ${count}`, alike === null ? "–" : text(alike, 2), both(largest), both(means)]);
      figures[i].caption.textContent = `${name} ${now.height}×${now.width}, and its change`;
      [[figures[i].now, now], [figures[i].change, changed]].forEach(([canvas, plane]) => paint(canvas, plane, Math.min((room - 14) / 2, 190)));
    });
    const exact = found.every(({ moved, count }) => moved === count);
    said.textContent = `Pushed ${counted(Math.abs(by[0]), "pixel")} ${by[0] < 0 ? "up" : "down"}, ${counted(Math.abs(by[1]), "pixel")} ${by[1] < 0 ? "left" : "right"}. `
      + (by.every((pixels) => pixels === 0) ? "Drag it, or use the arrow keys." : !whole ? `That is not a multiple of the strides, ${strides}: the windows cut the picture at other places.`
        : `A multiple of the strides, ${strides}: the maps move by whole places${exact ? ", and nothing else changes" : "; only at the borders there is more that changes"}.`);
  }
  const stop = keepDrawn(root, model, NAMES, redraw);
  return () => { stop(); end(); };
}

export default { render };
