// What is enlarged: opening, going on, closing. The large view itself stands in large.js.
import { showPlace } from "../shared/grid.js";
import { WHOLE } from "../shared/pane.js";
import { shownOf } from "./shown.js";
import { writeAddress, writeUncovered } from "./steps.js";
import { change, now } from "./store.js";

let lastPlace = 0; // of the picture that is enlarged, which may go meanwhile
/** The picture that was enlarged last, and by which question. @type {{ number: number, question: string } | null} */
let looked = null;

/** @param {number[]} numbers one, or two to four side by side */
export function lookAt(numbers) {
  if (numbers.length === 1) lastPlace = Math.max(0, shownOf(now()).numbers.indexOf(numbers[0]));
  looked = numbers.length === 1 ? { number: numbers[0], question: JSON.stringify(now().question) } : null;
  const step = !now().look.length;
  change({ look: numbers.slice(0, 4), view: WHOLE, message: "", ...(numbers.length === 1 ? { focus: numbers[0] } : {}) });
  writeAddress(step);
}

/** Back to the grid: where enlarging was a step, by that step, so that Back does not lead to the picture again. */
export function lookAway() {
  if (!now().look.length) return;
  change({ look: [], beside: "", view: WHOLE });
  if (!writeUncovered()) showLooked();
}

/** Open what is told beside an enlarged picture, or close it with an empty word. @param {string} beside */
export function lookBeside(beside) {
  change({ beside });
  writeAddress(false);
}

/** How near one looks at what is enlarged. @param {import("../shared/large.js").View} view */
export function lookCloser(view) {
  if (view === now().view) return;
  change({ view });
  writeAddress(false);
}

/** The picture with the ring, also while what was enlarged is closed and the step back is yet to be taken. */
export function ringed() {
  return looked && !now().look.length && looked.question === JSON.stringify(now().question) ? looked.number : now().focus;
}

/** A key leads on from there: the ring does not come back. */
export function leaveLooked() {
  looked = null;
}

/** Once none is enlarged any more, the one that was last has the ring and is in sight, however many came in between. */
export function showLooked() {
  if (!looked || now().look.length) return;
  const { number, question } = looked;
  const place = shownOf(now()).numbers.indexOf(number);
  if (place < 0 || question !== JSON.stringify(now().question)) return leaveLooked();
  requestAnimationFrame(() => { // after a browser that goes back has scrolled
    if (!looked || now().look.length) return;
    leaveLooked();
    [change({ focus: number }), showPlace(place, number)];
  });
}

/** The picture before or after the one that is enlarged. @param {number} step */
export function lookOn(step) {
  const { numbers } = shownOf(now());
  const { look } = now();
  const here = numbers.indexOf(look[0]);
  const place = here >= 0 ? here + step : lastPlace + Math.min(0, step);
  if (look.length === 1 && place >= 0 && place < numbers.length) lookAt([numbers[place]]);
}
