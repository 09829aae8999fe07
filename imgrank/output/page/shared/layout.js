// Where each picture of the grid stands, by arithmetic alone: only what is seen need be in the page.

export const GAP = 12;
const CAPTION = 44;
const DIVIDER = 52;
const LEAST = { s: 104, m: 168, l: 300 };
const ALL_UP_TO = 240; // pictures that may all be in the page

/** @typedef {"s" | "m" | "l"} Size */
/** @typedef {{ columns: number, width: number, cell: number, row: number, count: number, divider: number, height: number }} Layout */

/** @param {number} width @param {number} count @param {number} divider @param {Size} size @returns {Layout} */
export function layoutOf(width, count, divider, size) {
  const gap = width < 560 ? 8 : GAP;
  const least = width < 560 ? { s: 84, m: 140, l: 300 }[size] : LEAST[size];
  const columns = Math.max(1, Math.floor((width + gap) / (least + gap)));
  const cell = Math.floor((width - gap * (columns - 1)) / columns);
  const row = cell + (size === "s" ? 8 : CAPTION) + gap;
  const split = divider > 0 || (divider === 0 && count > 0) ? divider : -1;
  const layout = { columns, width, cell, row, count, divider: split, height: 0 };
  layout.height = count ? placeOf(count - 1, layout).y + row : 0;
  return layout;
}

/** @param {number} n @param {Layout} layout */
export function placeOf(n, { columns, cell, row, divider, width }) {
  const gap = columns > 1 ? (width - columns * cell) / (columns - 1) : 0;
  const before = divider >= 0 && n >= divider ? Math.ceil(divider / columns) : 0;
  const place = divider >= 0 && n >= divider ? n - divider : n;
  const down = divider >= 0 && n >= divider ? before * row + DIVIDER : 0;
  return { x: (place % columns) * (cell + gap), y: down + Math.floor(place / columns) * row };
}

/** Where the line between what fits and what does not stands. @param {Layout} layout */
export function dividerY({ divider, columns, row }) {
  return Math.ceil(divider / columns) * row;
}

/** First and last place that may be seen between two heights; all where there are few.
 * @param {number} top @param {number} bottom @param {Layout} layout @returns {[number, number]} */
export function seenBetween(top, bottom, layout) {
  if (layout.count <= ALL_UP_TO) return [0, layout.count];
  return [firstBelow(top, layout), Math.min(layout.count, firstBelow(bottom, layout) + layout.columns)];
}

/** The first place of the row that ends below a height. @param {number} y @param {Layout} layout */
function firstBelow(y, layout) {
  const { columns, row, divider, count } = layout;
  const inFirst = divider >= 0 ? Math.ceil(divider / columns) * row : Infinity;
  if (y < inFirst) return Math.max(0, Math.min(count, Math.floor(y / row) * columns));
  const place = divider + Math.max(0, Math.floor((y - inFirst - DIVIDER) / row)) * columns;
  return Math.min(count, place);
}

/** Places whose cells touch a rectangle. @param {{ x: number, y: number, right: number, bottom: number }} box @param {Layout} layout */
export function touching(box, layout) {
  const [from, to] = layout.count <= ALL_UP_TO ? [0, layout.count] : seenBetween(box.y, box.bottom, layout);
  const found = [];
  for (let n = from; n < to; n++) {
    const { x, y } = placeOf(n, layout);
    if (x < box.right && x + layout.cell > box.x && y < box.bottom && y + layout.cell > box.y) found.push(n);
  }
  return found;
}
