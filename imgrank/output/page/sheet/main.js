// The page that sort --page writes: the list that stands in it becomes a grid to cut, filter, fold and look at.
import { folded } from "../shared/folding.js";
import { Cell } from "../shared/cell.js";
import { Grid, showPlace, stepOf } from "../shared/grid.js";
import { html } from "../shared/html.js";
import { placeOf } from "../shared/layout.js";
import { isNamed } from "../shared/parts.js";
import { render } from "../vendor/preact.js";
import { leastScore, listenToCut, showCut } from "./cutting.js";
import { Large } from "./large.js";
import { detailsOf, readPictures } from "./reading.js";

/** @typedef {import("../shared/folding.js").Shown} Shown */

const pictures = readPictures();
const heads = pictures.filter(({ isHead }) => isHead).length;
const hasGroups = heads < pictures.length;
const live = byId("live"), sheet = byId("sheet"), filter = /** @type {HTMLInputElement} */ (byId("filter")), fold = byId("fold");

/** Groups that are open, the picture that has the keys, and the one that is enlarged. */
let state = { opened: /** @type {Set<number>} */ (new Set()), focus: 0, look: /** @type {number | null} */ (null) };
/** @type {Shown} */
let shown = { numbers: [], scores: null, divider: -1, sizes: null };

/** @param {string} id */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** @param {Partial<typeof state>} patch */
function change(patch) {
  state = { ...state, ...patch };
  shown = shownNow();
  draw();
}

/** @param {number} number */
const groupOf = (number) => pictures[number].group;

/** What passes the cut, and what is named as was typed. @returns {{ kept: number, whole: Shown }} */
function passing() {
  const least = leastScore(), typed = filter.value;
  /** @type {number[]} */
  const numbers = [];
  let kept = 0, divider = -1;
  pictures.forEach(({ score, aside, name, isHead }, number) => {
    if (least !== null && (aside || score < Number(least))) return;
    kept += Number(isHead);
    if (!isNamed(name, typed)) return;
    if (aside && divider < 0) divider = numbers.length;
    numbers.push(number);
  });
  return { kept, whole: { numbers, scores: null, divider, sizes: null } };
}

/** @returns {Shown} */
function shownNow() {
  const { kept, whole } = passing();
  const closed = hasGroups ? folded(whole, groupOf, new Set()) : whole;
  showCut(leastScore(), kept);
  byId("shown").textContent = `${closed.numbers.length.toLocaleString()} of ${heads.toLocaleString()} shown`;
  return hasGroups && state.opened.size ? folded(whole, groupOf, state.opened) : closed;
}

/** @param {number} number */
function toggleGroup(number) {
  const of = groupOf(number);
  if (of === null) return;
  const opened = new Set(state.opened);
  if (!opened.delete(of)) opened.add(of);
  change({ opened });
}

function toggleAll() {
  change({ opened: state.opened.size ? new Set() : new Set(pictures.flatMap(({ group }) => (group === null ? [] : [group]))) });
}

const coming = {
  load: (/** @type {HTMLImageElement} */ image, /** @type {string} */ source) => {
    [image.loading, image.src] = ["lazy", source]; // for who scrolls past
  },
  reason: async () => "the thumbnail cannot be shown",
};

/** @param {number} place @param {import("../shared/layout.js").Layout} layout @param {number} focus */
function cell(place, layout, focus) {
  const number = shown.numbers[place];
  const { name, aside, group } = pictures[number];
  const { title, href, rank, written, small, fault } = detailsOf(pictures[number]);
  const told = { number, name, title, href: href || undefined, rank, score: written, stars: null };
  /** @param {MouseEvent} event */
  const click = (event) => {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    change({ look: number, focus: number });
  };
  return html`<${Cell} key=${number} told=${told} source=${small} fault=${fault} coming=${coming} place=${place} of=${shown.numbers.length} at=${placeOf(place, layout)} width=${layout.cell}
    bare=${false} group=${shown.sizes ? shown.sizes[place] : 1} open=${state.opened.has(group ?? -1)} look=${aside ? "aside" : ""} focused=${number === focus}
    onClick=${click} onFocus=${() => number === state.focus || change({ focus: number })} onFold=${() => toggleGroup(number)} />`;
}

function draw() {
  const focus = shown.numbers.includes(state.focus) ? state.focus : shown.numbers[0];
  fold.textContent = state.opened.size ? "Fold all groups" : "Open all groups";
  const grid = html`<${Grid} count=${shown.numbers.length} divider=${shown.divider} size="m" words=${sheet.dataset.aside}
    cell=${(/** @type {number} */ place, /** @type {import("../shared/layout.js").Layout} */ layout) => cell(place, layout, focus)} />`;
  const large = state.look !== null && html`<${Large} picture=${pictures[state.look]} number=${state.look} onStep=${step} onClose=${close} />`;
  render(html`${grid}${large}`, live);
}

function close() {
  const number = state.focus;
  change({ look: null });
  showPlace(shown.numbers.indexOf(number), number);
}

/** The picture before or after the one that is enlarged. @param {number} by */
function step(by) {
  const number = shown.numbers[shown.numbers.indexOf(state.look ?? -1) + by];
  if (number !== undefined) change({ look: number, focus: number });
}

/** @param {number} by */
function move(by) {
  const { numbers } = shown;
  if (!numbers.length) return;
  const here = numbers.indexOf(state.focus);
  const place = here < 0 && Number.isFinite(by) ? 0 : Math.max(0, Math.min(numbers.length - 1, here + by));
  change({ focus: numbers[place] });
  showPlace(place, numbers[place]);
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const on = event.target;
  if (state.look !== null || event.ctrlKey || event.metaKey || event.altKey || !(on instanceof Element)) return;
  if (on instanceof HTMLInputElement) {
    if (event.key === "Escape" && on === filter) [(filter.value = ""), change({}), move(0)];
    return;
  }
  const free = on === document.body || on.closest("#live");
  const by = stepOf(event.key);
  const enlarges = event.key === " " || event.key === "Enter";
  if (event.key === "/") [event.preventDefault(), filter.focus(), filter.select()];
  else if (event.key === "g" && hasGroups) toggleGroup(state.focus);
  else if (free && by !== undefined) [event.preventDefault(), move(by)];
  else if (free && enlarges && !on.closest("button") && shown.numbers.length) [event.preventDefault(), change({ look: state.focus })];
}

document.body.classList.add("live");
for (const part of document.querySelectorAll("#tools, #cutting")) /** @type {HTMLElement} */ (part).hidden = false;
fold.hidden = !hasGroups;
fold.addEventListener("click", toggleAll);
filter.addEventListener("input", () => change({}));
listenToCut(() => change({}));
addEventListener("keydown", onKey);
addEventListener("beforeprint", () => {
  const printed = new Set(shown.numbers);
  pictures.forEach(({ cell: each }, number) => (each.hidden = !printed.has(number)));
});
change({});
