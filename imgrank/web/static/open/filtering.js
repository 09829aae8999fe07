// Which pictures pass the filters, by what is known of their files.
import { isNamed } from "../shared/parts.js";
import { folderOf, kindOf } from "./paths.js";

/** @typedef {import("./types").State} State @typedef {import("./types").Filters} Filters */

/** A function that says of a picture's number whether it passes. @param {State} state @returns {(number: number) => boolean} */
export function passing({ filters, facts, names }) {
  const { name, since, until, camera, folder, orientation, stars, kind } = filters;
  /** @type {((number: number) => boolean)[]} */
  const tests = [];
  if (name.trim()) tests.push((n) => isNamed(names[n] || "", name));
  if (since) tests.push((n) => (facts?.taken[n] || "") >= since);
  if (until) tests.push((n) => Boolean(facts?.taken[n]) && (facts?.taken[n] || "").slice(0, 10) <= until);
  if (camera) tests.push((n) => cameraOf(n, facts) === camera);
  if (folder) tests.push((n) => folderNamed(names[n]) === folder);
  if (orientation) tests.push((n) => facts?.orientation[n] === orientation);
  if (stars === "none") tests.push((n) => (facts?.stars[n] ?? null) === null);
  else if (stars) tests.push((n) => (facts?.stars[n] ?? -1) >= Number(stars));
  if (kind) tests.push((n) => kindOf(names[n]) === kind);
  return (number) => tests.every((test) => test(number));
}

/** @param {Filters} filters */
export function countOf(filters) {
  return Object.values(filters).filter(Boolean).length;
}

/** @param {number} number @param {import("./types").Facts | null} facts */
export function cameraOf(number, facts) {
  return facts?.cameras[facts.camera[number] ?? -1] || "";
}

/** A folder as the filters name it; a dot for the one that is open. @param {string | null | undefined} path */
export function folderNamed(path) {
  return folderOf(path) || ".";
}

/** How many there are of each value, the most first. @param {string[]} values @returns {[string, number][]} */
export function counted(values) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const value of values) if (value) counts.set(value, (counts.get(value) || 0) + 1);
  return [...counts].sort((one, other) => other[1] - one[1] || (one[0] < other[0] ? -1 : 1));
}
