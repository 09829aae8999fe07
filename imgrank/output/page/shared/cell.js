// One picture of a grid: a link to it enlarged, how many stand behind it, its rank, score, stars and name.
import { useLayoutEffect, useRef, useState } from "../vendor/hooks.js";
import { html } from "./html.js";

/** What a cell says of its picture; rank and score are empty where nothing was asked, and so is the folder where the name tells enough.
 * @typedef {{ number: number, href: string | undefined, name: string, folder?: string, title: string, rank: string, score: string, stars: number | null }} Told */

/** How pictures come: `load` gives an image its address, and what it returns ends that; `reason` says why one does not, null where it may later.
 * @typedef {{ load: (image: HTMLImageElement, source: string) => (() => void) | void, reason: (source: string) => Promise<string | null> }} Coming */

const MOST_TRIES = 3;
const PAUSE = 1000; // milliseconds, longer each time

/** @param {{ told: Told, source: string, fault?: string, coming: Coming, place: number, of: number, at: { x: number, y: number }, width: number, bare: boolean,
 *   group: number, open: boolean, look: string, focused: boolean, onClick: (event: MouseEvent) => void, onFocus: () => void, onFold: () => void, children?: any }} props
 *  `group` is how many a folded group has, 0 of a picture that stands beside its best; `look` names more classes, `fault` says why
 *  there is no picture where that is known. */
export function Cell({ told, source, fault: known = "", coming, place, of, at, width, bare, group, open, look, focused, onClick, onFocus, onFold, children }) {
  const [failed, setFailed] = useState("");
  const [tries, setTries] = useState(0);
  const fault = known || failed;
  const image = useRef(/** @type {HTMLImageElement | null} */ (null));
  const { number, href, name, folder, title, rank, score, stars } = told;

  useLayoutEffect(() => {
    image.current?.classList.add("coming");
    return image.current && source ? coming.load(image.current, source) : undefined;
  }, [source, number, fault, tries]);
  const explain = async () => {
    image.current?.classList.add("absent"); // a browser's sign for what is broken says nothing
    const why = await coming.reason(source);
    if (why === null && tries < MOST_TRIES) setTimeout(() => setTries(tries + 1), PAUSE * (tries + 1));
    else setFailed(why || "The picture cannot be shown.");
  };
  const style = { transform: `translate(${at.x}px, ${at.y}px)`, width: `${width}px` };
  return html`<li class=${`cell ${look}${open && group !== 1 ? " member" : ""}`} style=${style} aria-posinset=${place + 1} aria-setsize=${of} data-place=${place}>
    <a href=${href} data-number=${number} draggable=${false} tabindex=${focused ? 0 : -1} aria-haspopup="dialog"
        onClick=${onClick} onFocus=${onFocus} style=${{ height: `${width}px` }} title=${title}>
      ${fault
        ? html`<span class="fault" role="img" aria-label=${name} title=${fault}>no preview</span>`
        : html`<img ref=${image} alt=${name} decoding="async" draggable=${false} onError=${explain} onLoad=${(/** @type {any} */ event) => event.target.classList.remove("absent", "coming")} />`}
    </a>
    ${group > 1 && html`<button class="many" tabindex="-1" aria-expanded=${open} aria-label=${`${group} alike`} title=${`${group} in this group: open and fold them (g)`} onClick=${onFold}>${open ? "▾" : "▸"} ${group}</button>`}
    ${children}
    ${!bare && html`<p class="line">
      ${rank && html`<span class="rank">${rank}</span>`}${score && html`<span class="score">${score}</span>`}
      ${stars !== null && html`<span class="stars" title=${`${stars} stars`}>${"★".repeat(stars)}${"☆".repeat(5 - stars)}</span>`}
      <span class="name">${folder && html`<small>${folder}/</small>`}${name}</span>
    </p>`}
  </li>`;
}
