// One picture of the grid: a link to it enlarged, its tick, rank, score and name.
import { useLayoutEffect, useRef, useState } from "../vendor/hooks.js";
import { chooseTo, toggle } from "./choosing.js";
import { fold } from "./grouping.js";
import { html } from "./html.js";
import { load, reasonOf } from "./loading.js";
import { lookAt } from "./looking.js";
import { baseName, written } from "./shown.js";
import { change } from "./store.js";

/** @param {{ number: number, place: number, of: number, name: string | null, score: number | null, stars: number | null, group: number, open: boolean,
 *   order: import("./types").Order, at: { x: number, y: number }, layout: import("./layout.js").Layout,
 *   size: import("./types").Size, chosen: boolean, choosing: boolean, aside: boolean, focused: boolean, address: string }} props */
export function Cell({ number, place, of, name, score, stars, group, open, order, at, layout, size, chosen, choosing, aside, focused, address }) {
  const [fault, setFault] = useState("");
  const image = useRef(/** @type {HTMLImageElement | null} */ (null));
  const base = baseName(name);
  const wide = layout.cell * (window.devicePixelRatio || 1);
  const kind = wide <= 210 ? "small" : wide <= 430 ? "medium" : "large";

  useLayoutEffect(() => (image.current ? load(image.current, `picture/${kind}/${number}`) : undefined), [kind, number, fault]);

  /** @param {MouseEvent} event */
  const click = (event) => {
    if (event.button) return;
    event.preventDefault();
    if (event.shiftKey) chooseTo(number);
    else if (event.ctrlKey || event.metaKey || choosing) toggle(number);
    else lookAt([number]);
  };
  /** @param {MouseEvent} event */
  const tick = (event) => {
    if (event.shiftKey && !chosen) {
      event.preventDefault();
      setTimeout(() => chooseTo(number));
    } else toggle(number);
  };
  const style = { transform: `translate(${at.x}px, ${at.y}px)`, width: `${layout.cell}px` };
  return html`<li class=${`cell${chosen ? " chosen" : ""}${aside ? " aside" : ""}${open && group !== 1 ? " member" : ""}`} style=${style}
      aria-posinset=${place + 1} aria-setsize=${of} data-place=${place}>
    <a href=${`${address}${address.length > 1 ? "&" : ""}look=${number}`} data-number=${number} draggable=${false} tabindex=${focused ? 0 : -1}
        onClick=${click} onDblClick=${() => lookAt([number])} onFocus=${() => change({ focus: number })}
        style=${{ height: `${layout.cell}px` }} title=${name || ""}>
      ${fault
        ? html`<span class="fault" role="img" aria-label=${base} title=${fault}>no preview</span>`
        : html`<img ref=${image} alt=${base} decoding="async" draggable=${false} onError=${async () => setFault((await reasonOf(`picture/${kind}/${number}`)) || "The picture cannot be shown.")} />`}
    </a>
    ${group > 1 && html`<button class="many" tabindex="-1" aria-expanded=${open} aria-label=${`${group} alike`} title=${`${group} in this group: open and fold them (g)`} onClick=${() => fold(number)}>${open ? "▾" : "▸"} ${group}</button>`}
    <label class="tick"><input type="checkbox" aria-label=${`Select ${base}`} checked=${chosen} tabindex="-1" onClick=${tick} /></label>
    ${size !== "s" && html`<p class="line">
      ${score !== null && html`<span class="rank">${place + 1}</span><span class="score">${written(score, order)}</span>`}
      ${stars !== null && html`<span class="stars" title=${`${stars} stars`}>${"★".repeat(stars)}${"☆".repeat(5 - stars)}</span>`}
      <span class="name">${base}</span>
    </p>`}
  </li>`;
}
