// A picture of the grid: a click enlarges it, one with Ctrl or Shift chooses it as its tick does.
import { Cell } from "../shared/cell.js";
import { html } from "../shared/html.js";
import { chooseTo, toggle } from "./choosing.js";
import { fold } from "./grouping.js";
import { load, reasonOf } from "./loading.js";
import { lookAt } from "./looking.js";
import { baseName, folderToTell } from "./paths.js";
import { openGroups, written } from "./shown.js";
import { change } from "./store.js";

/** @typedef {import("./types").State} State @typedef {import("./types").Shown} Shown */

const COMING = { load, reason: reasonOf };

/** @param {{ state: State, shown: Shown, place: number, at: { x: number, y: number }, layout: import("../shared/layout.js").Layout, focused: boolean, address: string }} props */
export function Picture({ state, shown, place, at, layout, focused, address }) {
  const { order, names, facts, groups, opened, chosen, size } = state;
  const number = shown.numbers[place];
  const score = shown.scores && order ? written(shown.scores[place], order) : "";
  const base = baseName(names[number]);
  const isChosen = chosen.has(number);
  const aside = shown.divider >= 0 && place >= shown.divider;
  const told = { number, name: base, folder: folderToTell(number, names), title: names[number] || "", href: `${address}${address.length > 1 ? "&" : ""}look=${number}`,
    rank: score && `${place + 1}`, score, stars: facts?.stars[number] ?? null };

  /** @param {MouseEvent} event */
  const click = (event) => {
    if (event.button) return;
    event.preventDefault();
    if (event.shiftKey) chooseTo(number);
    else if (event.ctrlKey || event.metaKey) toggle(number);
    else lookAt([number]);
  };
  /** @param {MouseEvent} event */
  const tick = (event) => {
    if (event.shiftKey && !isChosen) {
      event.preventDefault();
      setTimeout(() => chooseTo(number));
    } else toggle(number);
  };
  return html`<${Cell} told=${told} source=${`picture/${sizeOf(layout.cell)}/${number}`} coming=${COMING} place=${place} of=${shown.numbers.length} at=${at} width=${layout.cell}
      bare=${size === "s"} group=${shown.sizes ? shown.sizes[place] : 1} open=${openGroups(groups, opened).has(groups?.groups[number] ?? -2)} look=${`${isChosen ? "chosen " : ""}${aside ? "aside" : ""}`}
      focused=${focused} onClick=${click} onFocus=${() => change({ focus: number })} onFold=${() => fold(number)}>
    <label class="tick"><input type="checkbox" aria-label=${`Select ${base}`} checked=${isChosen} tabindex="-1" onClick=${tick} /></label>
  <//>`;
}

/** The size of a picture that fills a cell. @param {number} width */
function sizeOf(width) {
  const wide = width * (window.devicePixelRatio || 1);
  return wide <= 210 ? "small" : wide <= 430 ? "medium" : "large";
}
