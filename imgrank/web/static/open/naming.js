// The names of pictures by their numbers. A picture that was changed outside is read anew and gets another number: where it
// is chosen, enlarged or ordered by, the new one is meant.
import { baseName } from "./paths.js";
import { change, now } from "./store.js";

/** @typedef {import("./types").Question} Question */

/** The last name of each picture, also of one that is gone. @type {string[]} */
const last = [];
/** Chosen pictures that went while the folder is being read: they may only have changed. @type {number[]} */
let missed = [];
/** Names that are chosen as soon as they are there again. @type {Set<string>} */
let awaited = new Set();

/** Choose those of these names again that come back. @param {string[]} names */
export function awaitNames(names) {
  const there = new Set(now().names);
  awaited = new Set(names.filter((name) => !there.has(name)));
}

/** The last part of a picture's name, also where it is gone. @param {number} number */
export function lastNameOf(number) {
  return baseName(last[number]);
}

/** Take in all names as they are now. @param {(string | null)[]} names */
export function takeNames(names) {
  const { question, chosen, look, focus, server } = now();
  const newest = newestOf(names, [...chosen, ...missed, ...look, focus, ...(question.between || []), ...question.terms.map(({ picture }) => picture)]);
  names.forEach((name, number) => {
    if (name) last[number] = name;
  });
  const meant = [...chosen, ...missed].map(newest);
  const back = awaited.size ? names.flatMap((name, number) => (name && awaited.delete(name) ? [number] : [])) : [];
  const left = [...new Set([...meant.filter((number) => names[number]), ...back])];
  missed = server && server.indexing.stage !== "idle" ? meant.filter((number) => !names[number]) : [];
  const isSame = left.length === chosen.size && left.every((number) => chosen.has(number));
  change({ names, chosen: isSame ? chosen : new Set(left), look: look.map(newest), focus: focus === null ? null : newest(focus), question: asked(question, newest) });
}

/** @param {(string | null)[]} names @param {(number | null | undefined)[]} used @returns {(number: number) => number} */
function newestOf(names, used) {
  const gone = used.filter((number) => typeof number === "number" && names[number] === null && last[number]);
  if (!gone.length) return (number) => number;
  const numbers = new Map(names.map((name, number) => [name, number]));
  return (number) => (names[number] === null ? (numbers.get(last[number]) ?? number) : number);
}

/** @param {Question} question @param {(number: number) => number} newest @returns {Question} */
function asked({ sentence, terms, between, by }, newest) {
  return {
    sentence,
    terms: terms.map((term) => (term.picture === undefined ? term : { ...term, picture: newest(term.picture) })),
    between: between && [newest(between[0]), newest(between[1])],
    by,
  };
}
