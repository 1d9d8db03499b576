// One axis: windows over pixels. The pixels are 1, 2, 3, ... and the kernel is all ones, so that sums tell where it was.
import { begin, buttons, change, counted, keepDrawn, layout, make, numberInput, show, table } from "./shared.js";

const NAMES = ["n", "kernel_size", "strides", "dilation_rate", "padding"];
const LIMITS = { n: [1, 512], kernel_size: [1, 64], strides: [1, 64], dilation_rate: [1, 64], before: [0, 64], after: [0, 64] };
const WAYS = { valid: "valid", same: "same", "PyTorch's padding=1": [1, 1] };
const EXAMPLES = { "6 pixels": [6, 3, 2], "7 pixels": [7, 3, 2], "224 pixels": [224, 3, 2], "227 pixels": [227, 11, 4] };

// "1, 2, 3" or, where they are many, "1, 2, 3, … 12".
function some(values, most = 5) {
  const words = values.map((value) => String(value));
  return words.length <= most ? words.join(", ") : `${words.slice(0, most - 2).join(", ")}, … ${words.at(-1)}`;
}

function why(settings, { extent, total, before, after, outputs }) {
  const { n, strides, padding } = settings;
  if (padding === "valid") return "“valid” adds nothing: windows stay where all pixels are real.";
  if (padding !== "same") return `A frame of your own: ${before} before and ${after} after, whatever the sizes are.`;
  const end = (outputs - 1) * strides + extent;
  const share = total === 0 ? "so nothing is added." : total === 1 ? "and it goes to the end."
    : total % 2 ? "and the odd one goes to the end." : "half on each side.";
  const other = layout({ ...settings, padding: [1, 1] });
  const beside = other.before === before && other.after === after ? "PyTorch's padding=1 is the same here."
    : other.outputs !== outputs ? `PyTorch's padding=1 gives ${counted(other.outputs, "output")}.`
      : other.before === before ? "PyTorch's padding=1 gives the same outputs: its other zero at the end is not read."
        : `PyTorch's padding=1 gives as many outputs, but its windows begin ${counted(Math.abs(1 - before), "pixel")} `
          + `${before < 1 ? "earlier" : "later"}: other numbers.`;
  return `“same” wants n / strides = ${n} / ${strides}, rounded up: ${counted(outputs, "output")}. Begun at the first pixel, the last `
    + `window would end after ${counted(end, "pixel")}, and ${n} are there: ${counted(total, "zero")} missing, ${share} ${beside}`;
}

function rest({ remainder, uses, windows }, n) {
  const unused = uses.flatMap((count, i) => (count ? [] : [i + 1]));
  const first = remainder === 0 ? "Remainder 0: the last window ends at the end of the row."
    : `Remainder ${remainder}: after the last window ${counted(remainder, "place")} of the row, zeros included, ${remainder > 1 ? "are" : "is"} left over.`;
  const zeros = windows.flat().filter((pixel) => pixel < 0 || pixel >= n).length;
  const dropped = unused.length ? `Pixels that no window reads: ${some(unused, 9)}.` : "Every pixel is read.";
  return `${first} ${dropped}${zeros ? ` Zeros are read ${counted(zeros, "time")}.` : ""}`;
}

// The row, the windows below it, one in each lane, and how often each pixel is used. A long row shows both its ends.
function draw(settings, found, chosen, width, pick) {
  const { n } = settings, { before, after, windows, uses, sums } = found;
  const length = before + n + after, left = 64, right = 46, gap = 28;
  if (length * 25 > width - left - right) width = Math.max(width, 560);  // a telephone scrolls a long row
  const most = Math.max(6, Math.floor((width - left - right) / 25));
  const end = length <= most ? length : Math.floor((most * 25 - gap) / 50);  // places shown at each end
  const places = length <= most ? length : 2 * end;
  const cell = Math.min(44, (width - left - right - (places < length ? gap : 0)) / places);
  const visible = (pixel) => pixel + before < end || pixel + before >= length - end;
  const x = (pixel) => {
    const place = pixel + before;
    if (place < end) return left + place * cell;
    return place >= length - end ? left + gap + (place - length + places) * cell : left + end * cell + gap / 2;
  };
  width = Math.ceil(x(n + after - 1) + cell + right);
  const real = (pixel) => pixel >= 0 && pixel < n;
  const box = (pixel, y, height, style) => make("rect", { x: x(pixel) + 1, y, width: cell - 2, height, rx: 3, style });
  const words = (at, y, content, style = "") => make("text", { x: at, y, style }, String(content));
  const parts = [words(left / 2 - 4, 18, "pixels", "fill: var(--soft)")];
  const largest = Math.max(1, ...uses);
  for (let pixel = -before; pixel < n + after; pixel++) {
    if (!visible(pixel)) continue;
    const inWindow = (windows[chosen] || []).includes(pixel);
    const edge = `stroke: var(${inWindow ? "--mark" : real(pixel) ? "--line" : "--zero"}); stroke-width: ${inWindow ? 3 : 1.5};`;
    parts.push(box(pixel, 4, 28, `${edge} fill: var(--tint); ${real(pixel) ? "" : "fill: none; stroke-dasharray: 3 3"}`));
    parts.push(words(x(pixel) + cell / 2, 18, real(pixel) ? pixel + 1 : 0, real(pixel) ? "" : "fill: var(--zero)"));
  }
  if (places < length) parts.push(words(left + end * cell + gap / 2, 18, "···"));
  const shown = windows.map((taps, i) => [taps, i]).filter(([taps]) => taps.some(visible));
  const lanes = Math.min(shown.length, 40);
  parts.push(words(left / 2 - 4, 48, "windows", "fill: var(--soft)"), words(width - right / 2, 48, "sum", "fill: var(--soft)"));
  shown.slice(0, lanes / 2 + lanes % 2).concat(shown.slice(shown.length - Math.floor(lanes / 2))).forEach(([taps, i], lane) => {
    const y = 60 + lane * 24, own = i === chosen;
    const group = make("g", { onclick: () => pick(i), style: "cursor: pointer" });
    group.append(make("rect", { x: 0, y, width, height: 24, rx: 4, style: own ? "fill: var(--tint)" : "fill: transparent" }));
    const line = `stroke: var(--${own ? "mark" : "soft"}); stroke-width: 2`;
    group.append(make("line", { x1: x(taps[0]) + cell / 2, x2: x(taps.at(-1)) + cell / 2, y1: y + 12, y2: y + 12, style: line }));
    for (const pixel of taps.filter(visible)) {
      group.append(box(pixel, y + 4, 16, real(pixel) ? `fill: var(--${own ? "mark" : "soft"})`
        : "fill: var(--paper); stroke: var(--zero); stroke-width: 1.5; stroke-dasharray: 3 3"));
    }
    group.append(words(left / 2 - 4, y + 12, i), words(width - right / 2, y + 12, sums[i], own ? "font-weight: 700" : ""));
    parts.push(group);
  });
  const y = 60 + lanes * 24 + 8;
  parts.push(words(left / 2 - 4, y + 14, "used", "fill: var(--soft)"));
  for (let pixel = 0; pixel < n; pixel++) {
    if (!visible(pixel)) continue;
    const none = uses[pixel] === 0;
    parts.push(box(pixel, y, 28, `fill: var(--mark); fill-opacity: ${(0.45 * uses[pixel]) / largest}; `
      + `stroke: var(${none ? "--bad" : "--line"}); stroke-width: ${none ? 2.5 : 1}`));
    parts.push(words(x(pixel) + cell / 2, y + 14, `${uses[pixel]}×`, none ? "fill: var(--bad); font-weight: 700" : ""));
  }
  return make("svg", { width, height: y + 32, viewBox: `0 0 ${width} ${y + 32}`, "aria-hidden": true, style: "max-width: none" }, parts);
}

function render({ model, el }) {
  const { root, end } = begin(el, "One axis");
  const read = () => Object.fromEntries(NAMES.map((name) => [name, model.get(name)]));
  const complaint = make("p", { class: "bad", role: "alert" });
  let chosen = 0;

  // Take settings over if the kernel fits; else say why not, and leave everything as it is.
  function accept(changes) {
    const settings = { ...read(), ...changes }, found = layout(settings);
    complaint.textContent = found.outputs ? ""
      : `The kernel does not fit: it spans ${found.extent} of ${counted(settings.n + found.before + found.after, "pixel")}.`;
    if (found.outputs) change(model, changes);
    return found.outputs > 0;
  }
  const limited = (name, take) => (value) => value >= LIMITS[name][0] && value <= LIMITS[name][1] && take(value);
  const takes = {
    before: (value) => accept({ padding: [value, layout(read()).after] }),
    after: (value) => accept({ padding: [layout(read()).before, value] }),
  };
  const labels = { n: "n (pixels)", kernel_size: "kernel size", dilation_rate: "dilation rate", before: "zeros before", after: "zeros after" };
  const inputs = Object.fromEntries(Object.entries(LIMITS).map(([name, [min, max]]) => {
    const take = takes[name] || ((value) => accept({ [name]: value }));
    return [name, numberInput(labels[name] || name, limited(name, take), { type: "number", min, max, step: 1, "data-name": name })];
  }));
  const examples = buttons("Examples", Object.keys(EXAMPLES), (name) => {
    const [n, kernel_size, strides] = EXAMPLES[name];
    accept({ n, kernel_size, strides, dilation_rate: 1, padding: Array.isArray(read().padding) ? [1, 1] : read().padding });
  });
  const ways = buttons("Padding", Object.keys(WAYS), (name) => accept({ padding: WAYS[name] }));
  const results = table(["padding", "zeros before, after", "windows start at", "outputs", "sums"], ways.all);
  const reason = make("p", { "data-name": "why" }), formula = make("p", { "data-name": "formula" }), left = make("p", { "data-name": "rest" });
  const said = make("p", { "aria-live": "polite", "data-name": "window" });
  const picture = make("div", { class: "wide", tabindex: 0, role: "group", "aria-label": "Windows over pixels. Arrow keys choose a window.",
    onkeydown(event) {
      const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
      if (!step) return;
      event.preventDefault();
      pick(chosen + step);
    } });
  root.append(make("div", { class: "flow" }, Object.values(inputs).map(({ element }) => element)), complaint,
    make("div", { class: "flow tight" }, make("span", { class: "soft" }, "Try"), examples.element),
    results.element, reason, formula, picture, said, left,
    make("p", { class: "soft" }, "The pixels are 1, 2, 3, …, the kernel is all ones. Dashed: zeros of the frame."));

  function pick(i) {
    chosen = i;
    redraw();
  }
  function redraw() {
    const settings = read(), found = layout(settings), { n, kernel_size, strides, dilation_rate, padding } = settings;
    chosen = Math.max(0, Math.min(chosen, found.outputs - 1));
    for (const [name, { input }] of Object.entries(inputs)) show(input, settings[name] ?? found[name]);
    ways.update(Object.keys(WAYS).find((name) => String(WAYS[name]) === String(padding)));
    examples.update(Object.keys(EXAMPLES).find((name) => String(EXAMPLES[name]) === String([n, kernel_size, strides])));
    Object.values(WAYS).forEach((way, i) => {
      const other = layout({ ...settings, padding: way });
      const starts = some(other.windows.map(([first]) => (first < 0 ? "a zero" : first + 1)), 4);
      const row = other.outputs ? [`${other.before}, ${other.after}`, starts, other.outputs, some(other.sums, 4)]
        : ["does not fit", "", 0, ""];
      results.fill(i, row);
    });
    reason.textContent = why(settings, found);
    const [word, span] = dilation_rate === 1 ? ["kernel size", ""]
      : ["span", `The kernel spans (${kernel_size} − 1) · ${dilation_rate} + 1 = ${found.extent} pixels. `];
    formula.textContent = `${span}(n + before + after − ${word}) / strides + 1: (${n} + ${found.before} + ${found.after} − ${found.extent}) / ${strides} `
      + `= ${found.room} / ${strides} is ${found.outputs - 1}, remainder ${found.remainder}; ${found.outputs - 1} + 1 = ${counted(found.outputs, "output")}.`;
    left.textContent = rest(found, n);
    const taps = found.windows[chosen] || [], values = taps.map((pixel) => (pixel >= 0 && pixel < n ? pixel + 1 : 0));
    said.textContent = `Window ${chosen} reads ${values.length > 12 ? some(values) : values.join(" + ")} = ${found.sums[chosen]}.`;
    picture.replaceChildren(draw(settings, found, chosen, Math.max(280, picture.clientWidth || 700), pick));
  }
  const stop = keepDrawn(root, model, NAMES, redraw);
  return () => { stop(); end(); };
}

export default { render };
