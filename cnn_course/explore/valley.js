// The valley: steps down a loss of two weights, (w − best) · curvature · (w − best) / 2.
import { begin, buttons, change, counted, keepDrawn, make, numberInput, show, surface, table, text } from "./shared.js";

const NAMES = ["curvature", "best", "start", "rule", "rate", "steps"], RULES = ["SGD", "momentum", "Adam"];
const MOST_STEPS = 100, MOST_WEIGHT = 1000, STEEPEST = 20, RUN_TO = 60;
const LESSONS = {
  "lesson 02": { curvature: [[36, 24], [24, 36]], best: [1, -1], start: [0.5, 0.9], rule: "SGD", rate: 0.03, steps: 0 },
  "lesson 10": { curvature: [[1, 0], [0, 0.01]], best: [0, 0], start: [1, 1], rule: "SGD", rate: 1.8, steps: 0 },
};
const PACES = { "no jump": ([steep]) => 1 / steep, fastest: ([steep, flat]) => 2 / (steep + flat), "at the tip": ([steep]) => 2 / steep };

const large = (value) => value.toExponential(1).replace("e+", "e").replace("-", "−");
const short = (value) => (Math.abs(value) < 1e5 ? text(Number(value.toPrecision(3)), 6) : large(value));
const pair = (weights) => `[${weights.map((weight) => (Math.abs(weight) < 1e5 ? text(weight, 2) : large(weight))).join(", ")}]`;

// The weights after 0, 1, 2, ... steps; Adam as in Keras. And the loss of weights, and how far they are from the best.
function descend({ curvature: [[a, b], [, c]], best, start, rule, rate, steps }) {
  const path = [start], velocity = [0, 0], mean = [0, 0], square = [0, 0];
  for (let t = 1; t <= steps; t++) {
    const [dx, dy] = path[t - 1].map((weight, i) => weight - best[i]);
    path.push([a * dx + b * dy, b * dx + c * dy].map((gradient, i) => {
      velocity[i] = (rule === "momentum" ? 0.9 * velocity[i] : 0) - rate * gradient;
      mean[i] = 0.9 * mean[i] + 0.1 * gradient;
      square[i] = 0.999 * square[i] + 0.001 * gradient * gradient;
      const adam = (-rate * mean[i]) / (1 - 0.9 ** t) / (Math.sqrt(square[i] / (1 - 0.999 ** t)) + 1e-7);
      return path[t - 1][i] + (rule === "Adam" ? adam : velocity[i]);
    }));
  }
  return path;
}
function judge({ curvature: [[a, b], [, c]], best }, weights) {
  const [dx, dy] = weights.map((weight, i) => weight - best[i]);
  return { loss: (a * dx * dx + 2 * b * dx * dy + c * dy * dy) / 2, far: Math.hypot(dx, dy) };
}

// Both curvatures, the larger first, with their directions, and the factor of a step along each; of momentum its size.
function directions({ curvature: [[a, b], [, c]], rule, rate }) {
  const middle = (a + c) / 2, half = Math.hypot((a - c) / 2, b), angle = Math.atan2(2 * b, a - c) / 2;
  return [[middle + half, angle], [(a * c - b * b) / (middle + half), angle + Math.PI / 2]].map(([value, turn]) => {
    const way = [Math.cos(turn), Math.sin(turn)], sum = 1.9 - rate * value, root = sum * sum - 3.6;
    const lasting = root < 0 ? Math.sqrt(0.9) : (Math.abs(sum) + Math.sqrt(root)) / 2;  // larger root of f² − sum · f + 0.9
    return { value, turn, way: way.map((part) => part / way.find((one) => Math.abs(one) > 0.7)), factor: rule === "SGD" ? 1 - rate * value : lasting };
  });
}

function inWords(settings) {
  const { rule, rate } = settings;
  if (rule === "Adam") return `A step of Adam is rate · mean / √(mean square) of the gradients, so the first one moves each weight by ${short(rate)}, `
    + "however steep it is. No step is much longer than the rate: Adam does not fly away.";
  return directions(settings).map(({ value, way, factor }) => {
    const size = Math.abs(factor), ends = Math.abs(size - 1) < 1e-9 ? "stays as far away" : size < 1 ? "comes nearer" : "flies away";
    const left = rule === "SGD" ? `a step leaves 1 − ${short(rate)} · ${short(value)} = ${short(factor)}` : `in the long run a step leaves ${short(size)}`;
    return `Curvature ${short(value)}, along ${pair(way)}: ${left}; it ${size < 1e-9 ? "is there at once" : `${factor < 0 ? "jumps across and " : ""}${ends}`}.`;
  }).join("\n");
}

// The loss as rings, the path on it, and the best weights. `view`: weights in the middle, and half of its height.
function draw(settings, path, { middle, half }, width) {
  const height = Math.round(Math.min(width * 0.72, 420)), scale = height / 2 / half, [steep, flat] = directions(settings);
  const at = ([first, second]) => {  // what has flown away ends 10,000 pixels out, where it went
    const right = (first - middle[0]) * scale, up = (second - middle[1]) * scale, near = Math.min(1, 1e4 / Math.hypot(right, up));
    return [width / 2 + right * near, height / 2 - up * near];
  };
  const words = (x, y, content, style = "") => make("text", { x, y, style }, content), radius = (loss, { value }) => Math.sqrt((2 * loss) / value) * scale;
  const rings = Array.from({ length: 9 }, (_, i) => steep.value * half ** 2 * 4 ** (2 - i)).map((loss) => make("ellipse", {
    rx: radius(loss, steep), ry: radius(loss, flat), transform: `translate(${at(settings.best)}) rotate(${(-steep.turn * 180) / Math.PI})`,
    style: "fill: var(--soft); fill-opacity: 0.07; stroke: var(--soft); stroke-opacity: 0.5" }));
  const unit = 10 ** Math.floor(Math.log10(half)), tick = unit * (half / unit > 5 ? 5 : half / unit > 2 ? 2 : 1);
  const ticks = (i, room) => Array.from({ length: 41 }, (_, step) => (Math.round(middle[i] / tick) + step - 20) * tick)
    .filter((value) => Math.abs(value - middle[i]) * scale < room / 2).map((value) => [at([value, value])[i], short(value)]);
  const dots = path.map((weights, i) => [at(weights), i === 0 ? 7 : i === path.length - 1 ? 5 : 2.5, i ? "mark" : "paper"]);
  return make("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": true, style: "cursor: crosshair" }, rings,
    ticks(0, width - 220).map(([x, value]) => words(x, height - 12, value)), ticks(1, height - 90).map(([y, value]) => words(18, y, value)),
    words(width - 46, height - 12, "first weight", "fill: var(--soft)"), words(52, 14, "second weight", "fill: var(--soft)"),
    make("path", { d: `M${path.map(at).join("L")}`, style: "fill: none; stroke: var(--mark); stroke-width: 1.5" }),
    dots.map(([[cx, cy], r, fill]) => make("circle", { cx, cy, r, style: `fill: var(--${fill}); stroke: var(--mark); stroke-width: 2` })),
    words(...at(settings.best), "★", "fill: var(--zero); stroke: var(--paper); stroke-width: 3; paint-order: stroke; font-size: 24px"));
}

function render({ model, el }) {
  const { root, end } = begin(el, "The valley");
  const read = () => Object.fromEntries(NAMES.map((name) => [name, model.get(name)])), curvatures = () => directions(read()).map(({ value }) => value);
  let view = {}, width = 600, running = 0;

  const halt = () => { clearInterval(running); running = 0; };
  const put = (changes) => { halt(); change(model, changes); return true; };
  const step = () => change(model, { steps: Math.min(MOST_STEPS, model.get("steps") + 1) });
  // Walk to RUN_TO steps, and from there to all; where motion is not wanted, be there at once.
  const run = () => {
    const goal = model.get("steps") < RUN_TO ? RUN_TO : MOST_STEPS;
    if (running) halt();
    else if (matchMedia("(prefers-reduced-motion: reduce)").matches) put({ steps: goal });
    else running = setInterval(() => (model.get("steps") < goal ? step() : run()), 60);
    redraw();
  };
  const move = (weights) => put({ start: weights.map((weight) => Math.max(-MOST_WEIGHT, Math.min(MOST_WEIGHT, Number(weight.toPrecision(4))))) });
  const button = (words, onclick) => make("button", { type: "button", onclick }, words);
  const rate = numberInput("learning rate", (value) => value > 0 && value <= STEEPEST / curvatures()[0] && put({ rate: value }), { "data-name": "rate" });
  const slider = make("input", { type: "range", style: "width: 220px; accent-color: var(--mark)", "data-name": "slider", oninput() { put({ rate: Number(this.value) }); } });
  const steps = numberInput("steps", (value) => value >= 0 && value <= MOST_STEPS && put({ steps: value }),
    { type: "number", min: 0, max: MOST_STEPS, step: 1, "data-name": "steps" });
  const runs = button("run", run), lessons = buttons("Valleys", Object.keys(LESSONS), (name) => put(LESSONS[name]));
  const rules = buttons("Rules", RULES, (name) => put({ rule: name })), results = table(["rule", "tips at rate", "weights", "loss", "to the best"], rules.all);
  const paces = buttons("Rates of SGD", Object.keys(PACES), (name) => put({ rule: "SGD", rate: PACES[name](curvatures()) }));
  const said = make("p", { "data-name": "path" }), factors = make("p", { "data-name": "factors", style: "white-space: pre-line" }), tips = make("p", { class: "soft", "data-name": "tips" });
  const picture = surface({ "aria-roledescription": "valley", "aria-label": "Loss of two weights, and the path. Arrow keys move its start, with Shift by ten." },
    (down, right) => move([view.middle[0] + (2 * right - 1) * view.half * view.wide, view.middle[1] + (1 - 2 * down) * view.half]),
    (down, right) => move(model.get("start").map((weight, i) => weight + ((i ? -down : right) * view.half) / 50)), "div");
  root.append(make("div", { class: "flow tight" }, make("span", { class: "soft" }, "Valley of"), lessons.element, make("span", { class: "soft" }, "SGD"), paces.element),
    make("div", { class: "flow" }, rate.element, make("label", {}, "slide the rate", slider), steps.element,
      make("div", { class: "flow tight" }, button("step", () => { halt(); step(); }), runs, button("start again", () => put({ steps: 0 })))),
    picture, said, factors, results.element, tips);

  function redraw() {
    const settings = read(), path = descend(settings), [steep, flat] = curvatures(), { best, rule } = settings;
    const key = JSON.stringify([settings.curvature, best]), reach = Math.max(...settings.start.map((weight, i) => Math.abs(weight - best[i])));
    if (view.key !== key || reach > view.half) view = { key, middle: best, half: 1.4 * reach || 1 };
    show(rate.input, Number(settings.rate.toPrecision(4)));
    show(steps.input, settings.steps);
    const grain = 10 ** Math.floor(Math.log10(0.04 / steep));  // of the slider, which reaches twice as far as the tip of SGD
    Object.assign(slider, { min: grain, max: 4 / steep, step: grain, value: settings.rate });
    lessons.update(Object.keys(LESSONS).find((name) => JSON.stringify([LESSONS[name].curvature, LESSONS[name].best]) === key));
    rules.update(rule);
    paces.update(Object.keys(PACES).find((name) => rule === "SGD" && Math.abs(PACES[name]([steep, flat]) / settings.rate - 1) < 1e-9));
    runs.textContent = running ? "pause" : "run";
    const ends = RULES.map((one) => descend({ ...settings, rule: one }).at(-1)), judged = ends.map((weights) => judge(settings, weights)), own = RULES.indexOf(rule);
    ends.forEach((weights, i) => results.fill(i, [i < 2 ? short([2, 3.8][i] / steep) : "never", pair(weights), short(judged[i].loss), short(judged[i].far)]));
    said.setAttribute("aria-live", running ? "off" : "polite");
    said.textContent = `After ${counted(settings.steps, "step")} of ${rule}: weights ${pair(ends[own])}, loss ${short(judged[own].loss)}, ${short(judged[own].far)} from the best, ${pair(best)}.`;
    factors.textContent = inWords(settings);
    tips.textContent = `SGD tips at 2 / ${short(steep)} = ${short(2 / steep)}, momentum (0.9) at 3.8 / ${short(steep)} = ${short(3.8 / steep)}. Fastest of SGD is `
      + `2 / (${short(steep)} + ${short(flat)}) = ${short(2 / (steep + flat))}: both factors are ${short((steep - flat) / (steep + flat))} in size.`;
    width = Math.max(280, Math.min(root.clientWidth - 24, 620));
    picture.style.width = `${width}px`;
    view.wide = width / Math.round(Math.min(width * 0.72, 420));
    picture.replaceChildren(draw(settings, path, view, width));
  }
  const stop = keepDrawn(root, model, NAMES, redraw);
  return () => { halt(); stop(); end(); };
}

export default { render };
