// How scores are spread, and the cut through them: a least score, only what fits, the first so many.
import { isCut } from "../shared/parts.js";
import { html } from "../shared/html.js";
import { cutOf, spreadOf, written } from "./shown.js";
import { writeAddress } from "./steps.js";
import { change } from "./store.js";

/** @typedef {import("./types").State} State */

/** @param {{ state: State }} props */
export function Cut({ state }) {
  const { order, top, fits } = state;
  const min = cutOf(state);
  const spread = order?.measuring ? null : spreadOf(order);
  /** @param {Partial<State>} patch */
  const cut = (patch) => {
    change({ ...patch, message: "" });
    writeAddress(false);
  };
  /** @param {any} event */
  const drag = (event) => {
    const value = Number(event.target.value);
    cut({ min: spread && value > spread.low ? value : null });
  };
  /** @param {any} event */
  const first = (event) => {
    const value = Math.floor(Number(event.target.value));
    cut({ top: event.target.value && Number.isSafeInteger(value) && value > 0 ? value : null });
  };
  return html`<section class="cut" aria-label="Cut">
    ${spread && order && html`<div class="spread">
      <svg class="bars" viewBox=${`0 0 ${spread.bars.length} 100`} preserveAspectRatio="none" aria-hidden="true">${bars(spread, min)}</svg>
      <input type="range" class="handle" aria-label="Minimum score" min=${spread.low} max=${spread.high} step=${spread.step}
        value=${min ?? spread.low} aria-valuetext=${min === null ? "no cut" : `${written(min, order)} or more`} onInput=${drag} />
    </div>
    <span class="least">${min === null ? "all scores" : `${written(min, order)} or more`}</span>`}
    <label class="check" title="Show only what almost certainly shows what the sentence is about">
      <input type="checkbox" checked=${fits} disabled=${!order?.scores} onChange=${(/** @type {any} */ event) => cut({ fits: event.target.checked })} /> Only what fits</label>
    <label class="first">First <input type="number" min="1" step="1" inputmode="numeric" placeholder="all" value=${top ?? ""} onInput=${first} /></label>
  </section>`;
}

/** @param {{ low: number, high: number, bars: number[] }} spread @param {number | null} min */
function bars({ low, high, bars: counts }, min) {
  const most = Math.max(...counts);
  return counts.map((count, n) => {
    const height = count ? Math.max(8, Math.round((100 * count) / most)) : 0;
    return html`<rect key=${n} class=${isCut(n, counts.length, low, high, min) ? "out" : ""} x=${n + 0.06} y=${100 - height} width=".88" height=${height} />`;
  });
}
