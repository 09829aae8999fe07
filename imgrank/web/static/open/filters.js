// The row of filters: a time line to drag, and what is known of the files.
import { html } from "../shared/html.js";
import { cameraOf, countOf, counted, folderNamed } from "./filtering.js";
import { kindOf } from "./paths.js";
import { writeAddress } from "./steps.js";
import { change, NO_FILTERS, now } from "./store.js";

/** @typedef {import("./types").State} State @typedef {import("./types").Filters} Filters */

const DAY = 86400000;
const BARS = 48;

/** @param {Partial<Filters>} patch */
function filter(patch) {
  change({ filters: { ...now().filters, ...patch }, message: "" });
  writeAddress(false);
}

/** @param {{ state: State }} props */
export function FilterButton({ state }) {
  const count = countOf(state.filters);
  return html`<button class="filter" aria-expanded=${state.filtering} onClick=${() => change({ filtering: !state.filtering })}>Filters${count ? ` (${count})` : ""}</button>`;
}

/** @param {{ state: State }} props */
export function Filters({ state }) {
  const { filters, facts, names, order } = state;
  const numbers = order?.numbers || [];
  /** @param {(number: number) => string} of */
  const values = (of) => counted(numbers.map(of));
  const span = spanOf(numbers.map((n) => facts?.taken[n] || ""));
  return html`<section class="filters" aria-label="Filters">
    <label>Name <input type="text" value=${filters.name} placeholder="any" autocomplete="off" spellcheck=${false} onInput=${(/** @type {any} */ event) => filter({ name: event.target.value })} /></label>
    ${(span || filters.since || filters.until) && html`<${TimeLine} span=${span} filters=${filters} />`}
    <${Choice} name="Camera" value=${filters.camera} values=${values((n) => cameraOf(n, facts))} onPick=${(/** @type {string} */ camera) => filter({ camera })} />
    <${Choice} name="Folder" words=${(/** @type {string} */ folder) => (folder === "." ? "not in a subfolder" : folder)} value=${filters.folder} values=${values((n) => folderNamed(names[n]))} onPick=${(/** @type {string} */ folder) => filter({ folder })} />
    <${Choice} name="Shape" value=${filters.orientation} values=${values((n) => facts?.orientation[n] || "")} onPick=${(/** @type {string} */ orientation) => filter({ orientation })} />
    <label>Stars <select value=${filters.stars} onChange=${(/** @type {any} */ event) => filter({ stars: event.target.value })}>
      <option value="">any</option>${[1, 2, 3, 4, 5].map((n) => html`<option key=${n} value=${n}>${"★".repeat(n)}${n < 5 ? " or more" : ""}</option>`)}<option value="none">not rated</option></select></label>
    <${Choice} name="Kind" value=${filters.kind} values=${values((n) => kindOf(names[n]))} onPick=${(/** @type {string} */ kind) => filter({ kind })} />
    ${countOf(filters) > 0 && html`<button class="link" onClick=${() => filter(NO_FILTERS)}>Clear</button>`}
  </section>`;
}

/** @param {{ name: string, words?: (value: string) => string, value: string, values: [string, number][], onPick: (value: string) => void }} props */
function Choice({ name, words = (each) => each, value, values, onPick }) {
  if (values.length < 2 && !value) return null;
  return html`<label>${name} <select value=${value} onChange=${(/** @type {any} */ event) => onPick(event.target.value)}>
    <option value="">any</option>${values.map(([each, count]) => html`<option key=${each} value=${each}>${words(each)} (${count})</option>`)}</select></label>`;
}

/** @typedef {{ first: number, days: number, bars: number[] }} Span */

/** @param {{ span: Span | null, filters: Filters }} props */
function TimeLine({ span, filters }) {
  const date = (/** @type {number} */ day) => (span ? new Date((span.first + day) * DAY).toISOString().slice(0, 10) : undefined);
  return html`<div class="timeline">
    <label>From <input type="date" value=${filters.since} min=${date(0)} max=${date(span?.days ?? 0)} onChange=${(/** @type {any} */ event) => filter({ since: event.target.value })} /></label>
    ${span && html`<${Handles} span=${span} filters=${filters} />`}
    <label>to <input type="date" value=${filters.until} min=${date(0)} max=${date(span?.days ?? 0)} onChange=${(/** @type {any} */ event) => filter({ until: event.target.value })} /></label>
  </div>`;
}

/** @param {{ span: Span, filters: Filters }} props */
function Handles({ span, filters }) {
  const low = filters.since ? dayOf(filters.since, span.first) : 0;
  const high = filters.until ? dayOf(filters.until, span.first) : span.days;
  const most = Math.max(...span.bars);
  /** @param {number} day */
  const date = (day) => new Date((span.first + day) * DAY).toISOString().slice(0, 10);
  return html`<div class="span">
      <svg class="bars" viewBox=${`0 0 ${span.bars.length} 100`} preserveAspectRatio="none" aria-hidden="true">${span.bars.map((count, n) => {
        const day = ((n + 0.5) / span.bars.length) * span.days;
        const height = count ? Math.max(8, (100 * count) / most) : 0;
        return html`<rect key=${n} class=${day < low - 0.5 || day > high + 0.5 ? "out" : ""} x=${n + 0.05} width=".9" y=${100 - height} height=${height} />`;
      })}</svg>
      <input type="range" aria-label="Earliest day" min="0" max=${span.days} value=${low} aria-valuetext=${date(low)} onInput=${(/** @type {any} */ event) => filter({ since: Number(event.target.value) > 0 ? date(Math.min(Number(event.target.value), high)) : "" })} />
      <input type="range" aria-label="Latest day" min="0" max=${span.days} value=${high} aria-valuetext=${date(high)} onInput=${(/** @type {any} */ event) => filter({ until: Number(event.target.value) < span.days ? date(Math.max(Number(event.target.value), low)) : "" })} />
    </div>`;
}

/** @param {string} date @param {number} first */
function dayOf(date, first) {
  return Math.floor(Date.parse(`${date.slice(0, 10)}T00:00:00Z`) / DAY) - first;
}

/** The days on which pictures were taken; null where no two are known. @param {string[]} taken @returns {Span | null} */
function spanOf(taken) {
  const days = taken.filter(Boolean).map((date) => dayOf(date, 0)).filter(Number.isFinite);
  if (!days.length) return null;
  const first = days.reduce((least, day) => Math.min(least, day)), last = days.reduce((most, day) => Math.max(most, day));
  if (first === last) return null;
  const bars = new Array(Math.min(BARS, last - first + 1)).fill(0);
  for (const day of days) bars[Math.min(bars.length - 1, Math.floor(((day - first) / (last - first)) * bars.length))] += 1;
  return { first, days: last - first, bars };
}
