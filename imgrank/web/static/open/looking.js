// What is enlarged: opening, going on, closing. The large view itself stands in large.js.
import { shownOf } from "./shown.js";
import { writeAddress, writeUncovered } from "./steps.js";
import { change, now } from "./store.js";

let lastPlace = 0; // of the picture that is enlarged, which may go meanwhile

/** @param {number[]} numbers one, or two to four side by side */
export function lookAt(numbers) {
  if (numbers.length === 1) lastPlace = Math.max(0, shownOf(now()).numbers.indexOf(numbers[0]));
  const step = !now().look.length;
  change({ look: numbers.slice(0, 4), message: "", ...(numbers.length === 1 ? { focus: numbers[0] } : {}) });
  writeAddress(step);
}

/** Back to the grid: where enlarging was a step, by that step, so that Back does not lead to the picture again. */
export function lookAway() {
  if (!now().look.length) return;
  change({ look: [] });
  writeUncovered();
}

/** The picture before or after the one that is enlarged. @param {number} step */
export function lookOn(step) {
  const { numbers } = shownOf(now());
  const { look } = now();
  const here = numbers.indexOf(look[0]);
  const place = here >= 0 ? here + step : lastPlace + Math.min(0, step);
  if (look.length === 1 && place >= 0 && place < numbers.length) lookAt([numbers[place]]);
}
