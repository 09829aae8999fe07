// Groups folded to their best picture; those that are open show all of theirs, beside it.

/** @typedef {import("./types").State} State @typedef {import("./types").Shown} Shown */

/** @param {Shown} shown @param {State} state @returns {Shown} */
export function folded(shown, { groups, group, opened }) {
  if (!group || !groups || groups.by !== group) return shown;
  const members = membersOf(shown.numbers, groups.groups);
  /** @type {number[]} */
  const places = [];
  /** @type {number[]} */
  const sizes = [];
  let divider = -1;
  shown.numbers.forEach((number, place) => {
    const of = groups.groups[number] ?? -1 - number;
    const own = members.get(of) || [place];
    if (own[0] !== place) return;
    if (shown.divider >= 0 && place >= shown.divider && divider < 0) divider = places.length;
    for (const each of opened.has(of) ? own : [place]) [places.push(each), sizes.push(each === place ? own.length : 0)];
  });
  const { scores } = shown;
  return { numbers: places.map((place) => shown.numbers[place]), scores: scores && places.map((place) => scores[place]), divider, sizes };
}

/** The pictures of each group that are shown, but for the best of it. @param {Shown} shown @param {State} state */
export function restOf(shown, { groups }) {
  if (!groups) return [];
  return [...membersOf(shown.numbers, groups.groups).values()].flatMap((own) => own.slice(1).map((place) => shown.numbers[place]));
}

/** Places of the pictures of each group, the best first. @param {number[]} numbers @param {(number | null)[]} groups */
function membersOf(numbers, groups) {
  /** @type {Map<number, number[]>} */
  const members = new Map();
  numbers.forEach((number, place) => {
    const of = groups[number] ?? -1 - number;
    const own = members.get(of);
    if (own) own.push(place);
    else members.set(of, [place]);
  });
  return members;
}
