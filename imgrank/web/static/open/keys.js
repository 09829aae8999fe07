// Keys of the page. Those of the large view stand with it, those of windows are the browser's.
import { showPlace, stepOf } from "../shared/grid.js";
import { rate, takeBack } from "./asking.js";
import { chooseNone, chooseShown, chooseTo, meant, toggle } from "./choosing.js";
import { fold } from "./grouping.js";
import { leaveLooked, lookAt, ringed } from "./looking.js";
import { shownOf } from "./shown.js";
import { openWindow, writeAddress } from "./steps.js";
import { change, now } from "./store.js";

/** @typedef {import("./types").Size} Size */

/** @type {Size[]} */
const SIZES = ["s", "m", "l"];

export function listenToKeys() {
  addEventListener("keydown", (event) => {
    const { dialog, look } = now();
    const on = event.target;
    const typing = on instanceof HTMLInputElement && !["checkbox", "range"].includes(on.type);
    if (dialog || look.length || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.ctrlKey || event.metaKey) return typing ? undefined : withControl(event);
    if (on instanceof HTMLSelectElement) return; // a letter or a digit picks an option
    if (typing) {
      if (event.key === "Escape") on.blur();
      return;
    }
    const act = SINGLE[event.key] || (/^[0-5]$/.test(event.key) ? () => rateMeant(Number(event.key), on) : moving(event, on));
    if (!act) return;
    event.preventDefault();
    act();
  });
}

/** @param {KeyboardEvent} event */
function withControl(event) {
  const { server } = now();
  if (event.key === "a") [event.preventDefault(), chooseShown()];
  if (event.key === "z" && server?.undo) [event.preventDefault(), takeBack(server.undo)];
}

/** @type {Record<string, () => void>} */
const SINGLE = {
  "/": () => {
    const box = /** @type {HTMLInputElement} */ (document.getElementById("sentence"));
    box.focus();
    box.select();
  },
  "?": () => openWindow("help"),
  g: () => withFocus(fold),
  x: () => withFocus(toggle),
  c: () => {
    if (now().chosen.size >= 2 && now().chosen.size <= 4) lookAt(meant());
  },
  "+": () => resize(1),
  "-": () => resize(-1),
  Escape: chooseNone,
};

/** The picture with the ring gets its stars; where it is chosen, or none has the ring, all that are chosen.
 * @param {number} stars @param {EventTarget | null} on */
function rateMeant(stars, on) {
  const { chosen } = now();
  const ringed = on instanceof Element && on.closest(".grid");
  if (chosen.size && !ringed) rate([...chosen], stars);
  else withFocus((number) => rate(chosen.has(number) ? [...chosen] : [number], stars));
}

/** @param {KeyboardEvent} event @param {EventTarget | null} on */
function moving(event, on) {
  const free = on === document.body || (on instanceof Element && on.closest(".grid"));
  if (!free && !(on instanceof HTMLButtonElement)) return null;
  if (free && (event.key === "Enter" || event.key === " ")) return () => withFocus((number) => lookAt([number]));
  const step = stepOf(event.key);
  return step === undefined ? null : () => move(step, event.shiftKey);
}

/** @param {number} step @param {boolean} choosing */
function move(step, choosing) {
  const { numbers } = shownOf(now());
  if (!numbers.length) return;
  const here = numbers.indexOf(ringed() ?? -1);
  leaveLooked();
  const place = here < 0 && Number.isFinite(step) ? 0 : Math.max(0, Math.min(numbers.length - 1, here + step));
  if (choosing && here >= 0 && !now().chosen.has(numbers[here])) toggle(numbers[here]);
  if (choosing) chooseTo(numbers[place]);
  change({ focus: numbers[place] });
  showPlace(place, numbers[place]);
}

/** @param {(number: number) => void} act */
function withFocus(act) {
  const { numbers } = shownOf(now());
  const focus = ringed();
  if (!numbers.length) return;
  act(focus !== null && numbers.includes(focus) ? focus : numbers[0]);
}

/** @param {number} step */
export function resize(step) {
  const place = Math.max(0, Math.min(SIZES.length - 1, SIZES.indexOf(now().size) + step));
  change({ size: SIZES[place] });
  writeAddress(false);
}
