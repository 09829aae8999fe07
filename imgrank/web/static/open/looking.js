// What is enlarged: opening, going on, closing. The large view itself stands in large.js.
import { writeAddress } from "./address.js";
import { shownOf } from "./shown.js";
import { change, now } from "./store.js";

/** @param {number[]} numbers one, or two to four side by side */
export function lookAt(numbers) {
  const step = !now().look.length || !numbers.length;
  change({ look: numbers.slice(0, 4), ...(numbers.length === 1 ? { focus: numbers[0] } : {}) });
  writeAddress(step);
}

/** The picture before or after the one that is enlarged. @param {number} step */
export function lookOn(step) {
  const { numbers } = shownOf(now());
  const { look } = now();
  const place = numbers.indexOf(look[0]) + step;
  if (look.length === 1 && place >= 0 && place < numbers.length) lookAt([numbers[place]]);
}
