// The pictures of the page, read from the list that stands in it: that list is all there is without this script, and what
// a printer gets. Thumbnails stay there, and are asked for when they are seen.

/** What is asked of each picture; `isHead` of those that stand for their group, or for themselves.
 * @typedef {{ cell: HTMLElement, name: string, score: number, aside: boolean, group: number | null, isHead: boolean }} Picture */

/** What is asked of a picture that is seen; `small` is the address of its thumbnail, `word` its place in a command.
 * @typedef {{ title: string, written: string, rank: string, href: string, small: string, fault: string, word: string | null }} Details */

/** In order. @returns {Picture[]} */
export function readPictures() {
  return [...document.querySelectorAll("#sheet li")].map((cell) => pictureOf(/** @type {HTMLElement} */ (cell)));
}

/** @param {HTMLElement} cell @returns {Picture} */
function pictureOf(cell) {
  const group = cell.getAttribute("data-group");
  return {
    cell,
    name: cell.lastElementChild?.lastElementChild?.textContent || "",
    score: Number(cell.getAttribute("data-score")),
    aside: cell.hasAttribute("data-aside"),
    group: group === null ? null : Number(group),
    isHead: !cell.hasAttribute("data-member"),
  };
}

/** @param {Picture} picture @returns {Details} */
export function detailsOf({ cell }) {
  /** @param {string} part */
  const textOf = (part) => cell.querySelector(part)?.textContent || "";
  return {
    title: cell.querySelector(".name")?.getAttribute("title") || "",
    written: textOf(".score"),
    rank: textOf(".rank"),
    href: cell.querySelector("a")?.href || "",
    small: cell.querySelector("img")?.getAttribute("src") || "",
    fault: textOf(".fault"),
    word: cell.getAttribute("data-word"),
  };
}
