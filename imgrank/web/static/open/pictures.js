// The pictures in order, as the grid draws them.
import { Grid, present } from "../shared/grid.js";
import { html } from "../shared/html.js";
import { placeOf } from "../shared/layout.js";
import { addressOf } from "./address.js";
import { dragChoosing } from "./dragging.js";
import { Picture } from "./picture.js";
import { shownOf } from "./shown.js";

/** @param {{ state: import("./types").State }} props */
export function Pictures({ state }) {
  const shown = shownOf(state);
  const address = addressOf(state, { look: [], dialog: "" });
  const focus = state.focus !== null && shown.numbers.includes(state.focus) ? state.focus : shown.numbers[0];
  /** @param {number} place @param {import("../shared/layout.js").Layout} layout */
  const cell = (place, layout) => html`<${Picture} key=${shown.numbers[place]} state=${state} shown=${shown} place=${place} at=${placeOf(place, layout)} layout=${layout}
    focused=${shown.numbers[place] === focus} address=${address} />`;
  return html`<${Grid} count=${shown.numbers.length} divider=${shown.divider} size=${state.size} cell=${cell}
    words="These do not seem to show what the sentence is about" onFrame=${(/** @type {HTMLElement} */ frame) => dragChoosing(frame, () => present.layout)} />`;
}
