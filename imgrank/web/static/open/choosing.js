// Choosing pictures: one, a range, all that is shown, none.
import { change, now } from "./store.js";
import { shownOf } from "./shown.js";

/** @type {number | null} */
let anchor = null;

/** @param {number} number */
export function toggle(number) {
  const chosen = new Set(now().chosen);
  if (!chosen.delete(number)) chosen.add(number);
  anchor = number;
  change({ chosen, focus: number, message: "" });
}

/** From where the last one was chosen to here. @param {number} number */
export function chooseTo(number) {
  const { numbers } = shownOf(now());
  const [from, to] = [numbers.indexOf(anchor ?? number), numbers.indexOf(number)];
  if (from < 0 || to < 0) return toggle(number);
  const range = numbers.slice(Math.min(from, to), Math.max(from, to) + 1);
  change({ chosen: new Set([...now().chosen, ...range]), focus: number, message: "" });
}

/** @param {Iterable<number>} numbers */
export function choose(numbers) {
  change({ chosen: new Set(numbers), message: "" });
}

export function chooseShown() {
  choose(shownOf(now()).numbers);
}

export function chooseNone() {
  choose([]);
}

/** By run that changed files: the names of what was chosen for it. @type {Map<number, string[]>} */
const chosenFor = new Map();
/** @type {string[]} */
let acting = [];

/** What is chosen is about to be changed. */
export function beginToAct() {
  const { chosen, names } = now();
  acting = [...chosen].flatMap((number) => names[number] ?? []);
}

/** That was done, in this run. @param {number | null} run */
export function acted(run) {
  if (run !== null && acting.length) chosenFor.set(run, acting);
  acting = [];
}

/** The names of what was chosen for a run. @param {number} run */
export function wasChosenFor(run) {
  return chosenFor.get(run) || [];
}

/** What an action is about: what is chosen, in the order shown, or all that is shown where nothing is. */
export function meant() {
  const { numbers } = shownOf(now());
  const { chosen, order } = now();
  if (!chosen.size) return numbers;
  return (order?.numbers || numbers).filter((number) => chosen.has(number));
}
