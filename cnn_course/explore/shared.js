// What the explorers share: elements, controls, colors, and a stand-in for the model where there is no kernel.

const SVG = new Set("svg g rect line path circle ellipse text title".split(" "));

// An HTML or SVG element with attributes (`onclick` and the like are listeners) and children.
export function make(tag, attributes = {}, ...children) {
  const element = SVG.has(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null));
  return element;
}

// Begin an explorer in `el`: title, the page's theme (JupyterLab, VS Code and Colab say it; else the system).
export function begin(el, title) {
  const root = make("section", { class: "explorer", "aria-label": `Explorer: ${title}`, "data-lm-suppress-shortcuts": true });
  const followTheme = () => {
    const { jpThemeLight, vscodeThemeKind } = document.body.dataset;
    const said = jpThemeLight ? (jpThemeLight === "true" ? "light" : "dark") : vscodeThemeKind;
    const theme = said || document.documentElement.getAttribute("theme") || "";
    root.style.colorScheme = /dark|black/.test(theme) ? "dark" : /light/.test(theme) ? "light" : "light dark";
  };
  const observer = new MutationObserver(followTheme);
  for (const element of [document.body, document.documentElement]) observer.observe(element, { attributes: true });
  followTheme();
  root.append(make(document.querySelector("h1") ? "h2" : "h1", {}, title));  // alone on a page it is what the page is about
  el.append(root);
  return { root, end: () => observer.disconnect() };
}

// Call `redraw` once for all settings that change together, here or in Python.
function follow(model, names, redraw) {
  let waiting = false;
  const soon = () => {
    if (!waiting) queueMicrotask(() => { waiting = false; redraw(); });
    waiting = true;
  };
  for (const name of names) model.on(`change:${name}`, soon);
  return () => names.forEach((name) => model.off(`change:${name}`, soon));
}

// Draw now, when settings change, and when the explorer gets another width; its height is its own. Returns what ends it.
export function keepDrawn(root, model, names, redraw, resize = redraw) {
  const stop = follow(model, names, redraw);
  let width = root.clientWidth;
  const resized = new ResizeObserver(() => {
    if (root.clientWidth === width) return;
    width = root.clientWidth;
    resize();
  });
  resized.observe(root);
  redraw();
  return () => { stop(); resized.disconnect(); };
}

export function change(model, settings) {
  for (const [name, value] of Object.entries(settings)) model.set(name, value);
  model.save_changes();
}

// Anywidget's model on a page without a kernel.
export function standIn(state) {
  const listeners = {};
  return {
    get: (name) => state[name],
    set(name, value) {
      state[name] = value;
      (listeners[`change:${name}`] || []).forEach((listener) => listener());
    },
    on: (event, listener) => (listeners[event] ||= []).push(listener),
    off: (event, listener) => (listeners[event] = (listeners[event] || []).filter((one) => one !== listener)),
    save_changes() {},
  };
}

// A number with a label. `accept` gets what was typed, or NaN, and returns whether it is taken.
export function numberInput(label, accept, attributes = {}) {
  const whole = attributes.type === "number";
  const input = make("input", { type: "text", inputmode: "decimal", autocomplete: "off", ...attributes,
    oninput() {
      const typed = this.value.trim().replace("−", "-").replace(",", ".");
      const value = typed === "" ? NaN : Number(typed);
      this.setAttribute("aria-invalid", !(Number.isFinite(value) && (!whole || Number.isInteger(value)) && accept(value)));
    },
    onblur() {  // what was refused goes back
      if (this.getAttribute("aria-invalid") === "true" && accept(Number(this.dataset.shown))) show(this, this.dataset.shown);
    } });
  if (label instanceof Object) input.setAttribute("aria-label", label.spoken);
  return { input, element: label instanceof Object ? input : make("label", {}, label, input) };
}

// Show a value, unless somebody is typing it.
export function show(input, value) {
  input.dataset.shown = value;
  if (input.getRootNode().activeElement === input && Number(input.value.replace("−", "-").replace(",", ".")) === value) return;
  input.value = value;
  input.setAttribute("aria-invalid", false);
}

// Toggle buttons; `update(name)` presses one of them.
export function buttons(label, names, press) {
  const all = names.map((name) => make("button", { type: "button", "aria-pressed": false, onclick: () => press(name) }, name));
  const update = (pressed) => all.forEach((button, i) => button.setAttribute("aria-pressed", names[i] === pressed));
  return { all, update, element: make("div", { class: "flow tight", role: "group", "aria-label": label }, all) };
}

// A table of results; `fill(row, words)` writes what stands behind the head of a row.
export function table(heads, names) {
  const cells = names.map(() => heads.slice(1).map(() => make("td")));
  const element = make("div", { class: "wide" }, make("table", { class: "lines" },
    make("thead", {}, make("tr", {}, heads.map((head) => make("th", { scope: "col" }, head)))),
    make("tbody", {}, names.map((name, i) => make("tr", {}, make("th", { scope: "row" }, name), cells[i])))));
  return { cells, element, fill: (row, words) => words.forEach((word, column) => (cells[row][column].textContent = word)) };
}

// A number as the course prints it: few decimals, and a minus that is one.
export function text(value, decimals = 4) {
  return String(Number(value.toFixed(decimals)) + 0).replace("-", "−");
}

export const many = (number) => number.toLocaleString("en");  // 1,234
export const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

// Red, green and blue of a value: gray from 0 to `limit`, or for a signed picture orange below white and purple above, as in the lessons.
export function color(value, limit, signed) {
  const share = Math.max(-1, Math.min(1, value / (limit || 1)));
  if (!signed) return Array(3).fill(255 * Math.max(share, 0));
  const end = share < 0 ? [179, 88, 6] : [84, 39, 136];
  return end.map((part) => 255 + (part - 255) * Math.abs(share));
}

// Windows along an axis of `n` pixels, and all that follows; `outputs` is 0 where the kernel does not fit.
export function layout({ n, kernel_size, strides, dilation_rate, padding }) {
  const extent = (kernel_size - 1) * dilation_rate + 1;
  const total = Math.max((Math.ceil(n / strides) - 1) * strides + extent - n, 0);
  const [before, after] = padding === "valid" ? [0, 0]
    : padding === "same" ? [Math.floor(total / 2), total - Math.floor(total / 2)] : padding;
  const room = n + before + after - extent;
  const outputs = room < 0 ? 0 : Math.floor(room / strides) + 1;
  const windows = Array.from({ length: outputs }, (_, i) =>
    Array.from({ length: kernel_size }, (_, j) => i * strides - before + j * dilation_rate));
  const uses = new Array(n).fill(0);
  const sums = windows.map((taps) => taps.reduce((sum, pixel) => {
    if (pixel < 0 || pixel >= n) return sum;
    uses[pixel] += 1;
    return sum + pixel + 1;
  }, 0));
  return { extent, total, before, after, room, outputs, windows, uses, sums, remainder: room - (outputs - 1) * strides };
}

// A canvas, or another element, on which something is moved: `at` gets the pointer's place in shares of height and width,
// and whether it has just come down; `step` gets the arrow keys.
export function surface(attributes, at, step, tag = "canvas") {
  const point = (event) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    at((event.clientY - top) / height, (event.clientX - left) / width, event.type === "pointerdown");
  };
  const canvas = make(tag, { tabindex: 0, role: "application", style: "touch-action: none", ...attributes,
    onpointerdown(event) { canvas.setPointerCapture(event.pointerId); point(event); },
    onpointermove(event) { if (event.buttons) point(event); },
    onkeydown(event) {
      const way = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] }[event.key];
      if (!way) return;
      event.preventDefault();
      step(...way.map((one) => one * (event.shiftKey ? 10 : 1)));
    } });
  return canvas;
}

// Make a canvas so large, sharp on any screen; its context, to draw on in pixels of the page.
export function sized(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1, context = canvas.getContext("2d");
  Object.assign(canvas, { width: width * ratio, height: height * ratio });
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  context.scale(ratio, ratio);
  return context;
}

const GRID = 12, LISTED = 1024;  // pixels a side that are shown as numbers; values that are sent as numbers

export function bytes(base64) {
  const letters = atob(base64), found = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) found[i] = letters.charCodeAt(i);
  return found;
}

// The image as { height, width, channels, values, grid, limit, signed }; `limit` is what is drawn white.
export function unpack({ shape: [height, width, channels], values, bytes: small, floats }) {
  const flat = new Float64Array(values || (small ? bytes(small) : new Float32Array(bytes(floats).buffer)));
  if (small) for (let i = 0; i < flat.length; i++) flat[i] /= 255;
  let largest = 0;
  for (const value of flat) largest = Math.max(largest, Math.abs(value));
  const grid = Math.max(height, width) <= GRID;
  return { height, width, channels, values: flat, grid, limit: grid || largest > 1 ? largest || 1 : 1, signed: flat.some((value) => value < 0) };
}

export function pack({ height, width, channels, values }) {
  const shape = [height, width, channels];
  if (values.length <= LISTED) return { shape, values: [...values] };
  let letters = "";
  for (const byte of new Uint8Array(Float32Array.from(values).buffer)) letters += String.fromCharCode(byte);
  return { shape, floats: btoa(letters) };
}

// Slide the weights (rows of columns of channels) over the image.
export function correlate(image, weights) {
  const height = image.height - weights.length + 1, width = image.width - weights[0].length + 1, values = new Float64Array(height * width);
  weights.forEach((row, i) => row.forEach((column, j) => column.forEach((weight, channel) => {
    if (weight === 0) return;
    for (let y = 0; y < height; y++) {
      let from = ((y + i) * image.width + j) * image.channels + channel;
      for (let x = y * width; x < (y + 1) * width; x++, from += image.channels) values[x] += weight * image.values[from];
    }
  })));
  return { height, width, channels: 1, values, grid: image.grid };
}

// Dots of 511 tones, from -1 to 1 of the limit, each as one number: without and with a sign.
const TONES = [false, true].map((signed) => Uint32Array.from({ length: 511 }, (_, i) => {
  const [red, green, blue] = color(i - 255, 255, signed).map(Math.round);
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}));

// A picture of one channel, or with `channel` null of all three as colors, one dot a pixel; in `canvas`, if there is one.
export function bitmap({ height, width, channels, values, limit, signed }, channel, canvas = make("canvas")) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d"), dots = context.createImageData(width, height);
  const tones = TONES[signed ? 1 : 0], whole = new Uint32Array(dots.data.buffer), scale = 255 / limit;
  for (let i = 0; i < height * width; i++) {
    if (channel !== null) {
      const tone = values[i * channels + channel] * scale + 255.5;
      whole[i] = tones[tone < 0 ? 0 : tone > 510 ? 510 : Math.floor(tone)];
    } else for (let c = 0; c < 4; c++) dots.data[i * 4 + c] = c < 3 ? values[i * 3 + c] * scale : 255;
  }
  context.putImageData(dots, 0, 0);
  return canvas;
}

// The numbers into the cells, dark on light and light on dark.
export function write(context, { height, width, channels, values, limit, signed }, channel, scale) {
  Object.assign(context, { textAlign: "center", textBaseline: "middle", lineWidth: 1, strokeStyle: "#888" });
  for (let i = 0; i < height * width; i++) {
    const x = (i % width) * scale, y = Math.floor(i / width) * scale, value = values[i * channels + channel], words = text(value, 2);
    const [red, green, blue] = color(value, limit, signed);
    context.font = `${Math.max(9, Math.min(15, (1.5 * scale) / words.length))}px system-ui, sans-serif`;
    context.fillStyle = 0.3 * red + 0.6 * green + 0.1 * blue > 120 ? "#111" : "#fff";
    context.fillText(words, x + scale / 2, y + scale / 2);
    context.strokeRect(x + 0.5, y + 0.5, scale, scale);
  }
}
