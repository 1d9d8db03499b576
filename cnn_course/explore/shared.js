// What the explorers share: elements, controls, colors, and a stand-in for the model where there is no kernel.

const SVG = new Set("svg g rect line path text title".split(" "));

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
  root.append(make("h2", {}, title));
  el.append(root);
  return { root, end: () => observer.disconnect() };
}

// Call `redraw` once for all settings that change together, here or in Python.
export function follow(model, names, redraw) {
  let waiting = false;
  const soon = () => {
    if (!waiting) queueMicrotask(() => { waiting = false; redraw(); });
    waiting = true;
  };
  for (const name of names) model.on(`change:${name}`, soon);
  return () => names.forEach((name) => model.off(`change:${name}`, soon));
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

// A number as the course prints it: few decimals, and a minus that is one.
export function text(value, decimals = 4) {
  return String(Number(value.toFixed(decimals)) + 0).replace("-", "−");
}

export const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

// Red, green and blue of a value: gray from 0 to `limit`, or for a signed picture purple below white and orange above.
export function color(value, limit, signed) {
  const share = Math.max(-1, Math.min(1, value / (limit || 1)));
  if (!signed) return Array(3).fill(255 * Math.max(share, 0));
  const end = share < 0 ? [84, 39, 136] : [179, 88, 6];
  return end.map((part) => 255 + (part - 255) * Math.abs(share));
}
