// The pictures in order. With thousands only those that are seen are in the page.
import { useEffect, useLayoutEffect, useRef, useState } from "../vendor/hooks.js";
import { addressOf } from "./address.js";
import { Cell } from "./cell.js";
import { dragChoosing } from "./dragging.js";
import { html } from "./html.js";
import { dividerY, layoutOf, placeOf, seenBetween } from "./layout.js";
import { shownOf } from "./shown.js";

/** @typedef {import("./types").State} State @typedef {import("./layout.js").Layout} Layout */

const AHEAD = 1.5; // screens beyond what is seen

/** The layout of the grid that stands in the page, for keys. @type {{ layout: Layout | null, top: () => number }} */
export const present = { layout: null, top: () => 0 };

/** @param {{ state: State }} props */
export function Grid({ state }) {
  /** @type {{ current: HTMLElement | null }} */
  const frame = useRef(/** @type {HTMLElement | null} */ (null));
  const [width, setWidth] = useState(0);
  const [seen, setSeen] = useState(/** @type {[number, number]} */ ([0, 2000]));
  const shown = shownOf(state);
  const layout = layoutOf(width || 960, shown.numbers.length, shown.divider, state.size);
  present.layout = layout;

  useLayoutEffect(() => {
    const element = /** @type {HTMLElement} */ (frame.current);
    present.top = () => element.getBoundingClientRect().top + scrollY;
    const look = () => {
      const top = -element.getBoundingClientRect().top;
      const screen = innerHeight;
      const from = Math.floor((top - AHEAD * screen) / 200) * 200;
      setSeen((before) => (before[0] === from ? before : [from, from + (1 + 2 * AHEAD) * screen + 200]));
    };
    const observer = new ResizeObserver(() => {
      setWidth(element.clientWidth);
      look();
    });
    observer.observe(element);
    observer.observe(document.body);
    addEventListener("scroll", look, { passive: true });
    look();
    return () => {
      observer.disconnect();
      removeEventListener("scroll", look);
    };
  }, []);
  useEffect(() => dragChoosing(/** @type {HTMLElement} */ (frame.current), () => present.layout), []);

  const [from, to] = seenBetween(Math.max(0, seen[0]), seen[1], layout);
  const base = addressOf(state, { look: [] });
  const focus = state.focus !== null && shown.numbers.includes(state.focus) ? state.focus : shown.numbers[0];
  const cells = [];
  for (let n = from; n < to; n++) {
    const number = shown.numbers[n];
    cells.push(html`<${Cell}
      key=${number} number=${number} place=${n} of=${shown.numbers.length} name=${state.names[number]}
      group=${shown.sizes ? shown.sizes[n] : 1} open=${state.opened.has(state.groups?.groups[number] ?? -1)} stars=${state.facts?.stars[number] ?? null} score=${shown.scores ? shown.scores[n] : null} order=${state.order} at=${placeOf(n, layout)} layout=${layout}
      size=${state.size} chosen=${state.chosen.has(number)} choosing=${state.chosen.size > 0} aside=${shown.divider >= 0 && n >= shown.divider}
      focused=${number === focus} address=${base} />`);
  }
  return html`<div class="grid" ref=${frame} style=${{ height: `${layout.height}px` }}>
    <ol role="list" aria-label="Pictures" style=${{ height: `${layout.height}px` }}>${cells}</ol>
    ${layout.divider >= 0 && html`<p class="divider" style=${{ transform: `translateY(${dividerY(layout)}px)` }}>
      These do not seem to show what the sentence is about</p>`}
  </div>`;
}

/** Bring a picture into view, and give it the keys. @param {number} place @param {number} number */
export function showPlace(place, number) {
  if (!present.layout) return;
  const { y } = placeOf(place, present.layout);
  const head = document.querySelector("header")?.getBoundingClientRect().height || 0;
  const foot = document.querySelector(".actions")?.getBoundingClientRect().height || 0;
  const top = present.top() + y - head - 8;
  if (scrollY > top) scrollTo(0, top);
  else if (scrollY + innerHeight - foot < present.top() + y + present.layout.row) {
    scrollTo(0, present.top() + y + present.layout.row - innerHeight + foot);
  }
  requestAnimationFrame(() => {
    const link = document.querySelector(`[data-number="${number}"]`);
    if (link instanceof HTMLElement) link.focus({ preventScroll: true });
  });
}
