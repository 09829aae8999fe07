// Pictures in order. With thousands only those that are seen are in the page.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/hooks.js";
import { html } from "./html.js";
import { dividerY, layoutOf, placeOf, seenBetween } from "./layout.js";

/** @typedef {import("./layout.js").Layout} Layout @typedef {import("./layout.js").Size} Size */

const AHEAD = 1.5; // screens beyond what is seen

/** The layout of the grid that stands in the page, for keys. @type {{ layout: Layout | null, top: () => number }} */
export const present = { layout: null, top: () => 0 };

/** `cell` draws the picture at a place; `divider` is the place of the first that does not fit, or -1; `onFrame` is told of
 * the element once, and what it returns is called at the end.
 * @param {{ count: number, divider: number, size: Size, words: string, cell: (place: number, layout: Layout) => any, onFrame?: (frame: HTMLElement) => () => void }} props */
export function Grid({ count, divider, size, words, cell, onFrame }) {
  /** @type {{ current: HTMLElement | null }} */
  const frame = useRef(/** @type {HTMLElement | null} */ (null));
  const [width, setWidth] = useState(0);
  const [seen, setSeen] = useState(/** @type {[number, number]} */ ([0, 2000]));
  const layout = useMemo(() => layoutOf(width || 960, count, divider, size), [width, count, divider, size]);
  const drawn = useMemo(() => /** @type {Map<number, any>} */ (new Map()), [layout, cell]); // while one scrolls, cells stay as they are
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
  useEffect(() => onFrame?.(/** @type {HTMLElement} */ (frame.current)), []);

  const [from, to] = seenBetween(Math.max(0, seen[0]), seen[1], layout);
  const cells = [];
  for (let place = from; place < to; place++) {
    if (!drawn.has(place)) drawn.set(place, cell(place, layout));
    cells.push(drawn.get(place));
  }
  return html`<div class="grid" ref=${frame} style=${{ height: `${layout.height}px` }}>
    <ol role="list" aria-label="Pictures" style=${{ height: `${layout.height}px` }}>${cells}</ol>
    ${layout.divider >= 0 && html`<p class="divider" style=${{ transform: `translateY(${dividerY(layout)}px)` }}>${words}</p>`}
  </div>`;
}

/** Bring a picture into view, and give it the keys. @param {number} place @param {number} number */
export function showPlace(place, number) {
  if (!present.layout) return;
  const { y } = placeOf(place, present.layout);
  const head = stuck("header"), foot = stuck(".actions");
  const top = present.top() + y - head - 8;
  if (scrollY > top) scrollTo(0, top);
  else if (scrollY + innerHeight - foot < present.top() + y + present.layout.row) {
    scrollTo(0, present.top() + y + present.layout.row - innerHeight + foot);
  }
  requestAnimationFrame(() => {
    const link = document.querySelector(`a[data-number="${number}"]`);
    if (link instanceof HTMLElement) link.focus({ preventScroll: true });
  });
}

/** The height of what stands over the pictures and does not scroll with them. @param {string} what */
function stuck(what) {
  const element = document.querySelector(what);
  return element && getComputedStyle(element).position !== "static" ? element.getBoundingClientRect().height : 0;
}

/** How many places a key goes on; undefined where it is none that moves. @param {string} key @returns {number | undefined} */
export function stepOf(key) {
  const columns = present.layout?.columns || 1;
  const rows = Math.max(1, Math.floor(innerHeight / (present.layout?.row || 200)) - 1);
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, PageUp: -columns * rows, PageDown: columns * rows, Home: -Infinity, End: Infinity };
  return /** @type {Record<string, number>} */ (steps)[key];
}
