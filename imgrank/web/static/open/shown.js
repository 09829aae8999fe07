// Which pictures are shown, from the order, the cut and the filters; and how scores are spread and written.
import { folded } from "../shared/folding.js";
import { written as plainly } from "../shared/parts.js";
import { passing } from "./filtering.js";

/** @typedef {import("./types").State} State @typedef {import("./types").Order} Order @typedef {import("./types").Shown} Shown */

/** @type {{ key: unknown[], shown: Shown }} */
let kept = { key: [], shown: { numbers: [], scores: null, divider: -1, sizes: null } };

/** Numbers and scores of what is shown, in order. `divider` is the place of the first that does not show the subject, or -1.
 * @param {State} state @returns {Shown} */
export function shownOf(state) {
  const key = [state.order, state.names, cutOf(state), state.top, state.fits, state.filters, state.facts, state.groups, state.opened];
  if (key.some((each, n) => each !== kept.key[n])) kept = { key, shown: foldedNow(choose(state), state) };
  return kept.shown;
}

/** Whether what is shown answers another question than the one that is being asked. @param {State} state */
export function isStale({ asking, order, answered, question }) {
  return asking && order !== null && answered !== JSON.stringify(question);
}

/** The least score that is shown; null where scores are not yet those that it was set among. @param {State} state */
export function cutOf(state) {
  return isStale(state) || state.order?.measuring ? null : state.min;
}

/** @param {Shown} shown @param {State} state @returns {Shown} */
function foldedNow(shown, { groups, group, opened }) {
  return group && groups?.by === group ? folded(shown, (number) => groups.groups[number], openGroups(groups, opened)) : shown;
}

/** The groups that are open. @param {import("./types").Groups | null} groups @param {Set<number>} opened @returns {Set<number>} */
export function openGroups(groups, opened) {
  return new Set([...opened].map((number) => groups?.groups[number] ?? -1));
}

/** As `shownOf`, before groups are folded. @param {State} state @returns {Shown} */
export function choose(state) {
  const { order, names, top, fits } = state;
  const min = cutOf(state);
  /** @type {number[]} */
  const numbers = [];
  /** @type {number[]} */
  const scores = [];
  let divider = -1;
  const passes = passing(state);
  const most = top ?? Infinity;
  order?.numbers.forEach((number, place) => {
    const shows = place < order.relevant;
    if (numbers.length >= most || names[number] === null) return;
    if (order.scores && min !== null && !(shows && order.scores[place] >= min)) return;
    if ((fits && !order.fits[place]) || !passes(number)) return;
    if (!shows && divider < 0) divider = numbers.length;
    numbers.push(number);
    if (order.scores) scores.push(order.scores[place]);
  });
  return { numbers, scores: order?.scores ? scores : null, divider, sizes: null };
}

/** @type {{ numbers: number[], chosen: Set<number>, count: number }} */
let counted = { numbers: [], chosen: new Set(), count: 0 };

/** How many of the chosen pictures are not shown. @param {State} state */
export function unseen(state) {
  const { numbers } = shownOf(state);
  const { chosen } = state;
  if (counted.numbers !== numbers || counted.chosen !== chosen) {
    const shown = new Set(numbers);
    counted = { numbers, chosen, count: [...chosen].filter((number) => !shown.has(number)).length };
  }
  return counted.count;
}

/** Scores lie between low and high; bars are how many in equal parts. Null where there is nothing to cut.
 * @param {Order | null} order */
export function spreadOf(order) {
  const scores = order?.scores;
  if (!order || !scores || scores.length < 2) return null;
  let least = Infinity, most = -Infinity;
  for (const score of scores) {
    if (score < least) least = score;
    if (score > most) most = score;
  }
  if (!(most > least)) return null;
  const ten = 10 ** order.decimals;
  const low = Math.floor(least * ten) / ten, high = Math.ceil(most * ten) / ten;
  const bars = new Array(Math.min(64, Math.max(24, Math.round(2 * Math.sqrt(scores.length))))).fill(0);
  for (const score of scores) bars[Math.min(bars.length - 1, Math.floor(((score - low) / (high - low)) * bars.length))] += 1;
  return { low, high, step: 1 / ten, bars };
}

/** @param {number} score @param {Order} order */
export function written(score, order) {
  return plainly(score, order.decimals, order.unit);
}
