// Groups folded to their best picture; those that are open show all of theirs, beside it.

/** What is shown, in order. `divider` is the place of the first that does not fit, or -1. `sizes` says of each picture how
 * many its folded group has, 1 where it stands alone, 0 of one beside the best of an open group; null where nothing is folded.
 * @typedef {{ numbers: number[], scores: number[] | null, divider: number, sizes: number[] | null }} Shown */

/** @param {Shown} shown @param {(number: number) => number | null | undefined} groupOf @param {Set<number>} opened @returns {Shown} */
export function folded(shown, groupOf, opened) {
  const members = membersOf(shown.numbers, groupOf);
  /** @type {number[]} */
  const places = [];
  /** @type {number[]} */
  const sizes = [];
  let divider = -1;
  shown.numbers.forEach((number, place) => {
    const of = groupOf(number) ?? -1 - number;
    const own = members.get(of) || [place];
    if (own[0] !== place) return;
    if (shown.divider >= 0 && place >= shown.divider && divider < 0) divider = places.length;
    for (const each of opened.has(of) ? own : [place]) [places.push(each), sizes.push(each === place ? own.length : 0)];
  });
  const { scores } = shown;
  return { numbers: places.map((place) => shown.numbers[place]), scores: scores && places.map((place) => scores[place]), divider, sizes };
}

/** The pictures of each group, but for the best of it. @param {number[]} numbers @param {(number: number) => number | null | undefined} groupOf */
export function restOf(numbers, groupOf) {
  return [...membersOf(numbers, groupOf).values()].flatMap((own) => own.slice(1).map((place) => numbers[place]));
}

/** Places of the pictures of each group, the best first. @param {number[]} numbers @param {(number: number) => number | null | undefined} groupOf */
function membersOf(numbers, groupOf) {
  /** @type {Map<number, number[]>} */
  const members = new Map();
  numbers.forEach((number, place) => {
    const of = groupOf(number) ?? -1 - number;
    const own = members.get(of);
    if (own) own.push(place);
    else members.set(of, [place]);
  });
  return members;
}
