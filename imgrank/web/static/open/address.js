// The address carries what is shown: back, forward and reload find it again. The part after # never leaves the browser.
import { NEAREST, WHOLE } from "../shared/pane.js";
import { NO_FILTERS } from "./store.js";

/** @typedef {import("./types").State} State */

export const GROUPS = ["similar", "burst", "day", "folder"];
/** Windows that an address opens; the others are about what was chosen, once. @type {import("./types").Dialog[]} */
const WINDOWS = ["history", "help", "skipped", "models"];
const BESIDE = ["file", "why"];

/** @param {State} state @param {Partial<State>} [other] */
export function addressOf(state, other = {}) {
  const { question, min, top, fits, filters, group, opened, size, look, view, beside, dialog } = { ...state, ...other };
  const told = new URLSearchParams();
  if (question.sentence) told.set("q", question.sentence);
  for (const { text, picture, weight } of question.terms) told.append("term", `${weight} ${picture === undefined ? `words ${text}` : `picture ${picture}`}`);
  if (question.between) told.set("between", question.between.join("."));
  if (question.by) told.set("by", question.by);
  if (min !== null) told.set("min", String(min));
  if (top !== null) told.set("top", String(top));
  if (fits) told.set("fits", "1");
  for (const [key, value] of Object.entries(filters)) if (value) told.set(key, value);
  if (group) told.set("group", group);
  if (group && opened.size) told.set("open", [...opened].join("."));
  if (size !== "m") told.set("size", size);
  if (look.length) told.set("look", look.join("."));
  if (look.length && view.scale) told.set("zoom", [view.scale, view.x, view.y].map((part) => Number(part.toFixed(4))).join("_"));
  if (look.length && beside) told.set("beside", beside);
  if (dialog) told.set("window", dialog);
  return `#${told}`;
}

/** @param {string} hash @returns {Partial<State>} */
export function readAddress(hash) {
  const told = new URLSearchParams(hash.replace(/^#/, ""));
  const size = told.get("size");
  return {
    question: { sentence: (told.get("q") || "").slice(0, 1000), terms: told.getAll("term").slice(0, 24).flatMap(termOf), between: pairOf(told.get("between")), by: told.get("by") === "words" ? "words" : "" },
    min: number(told.get("min")),
    top: wholeNumber(told.get("top")),
    fits: told.get("fits") === "1",
    filters: filtersOf(told),
    group: GROUPS.includes(told.get("group") || "") ? told.get("group") || "" : "",
    opened: new Set(numbersOf(told.get("open")).slice(0, 200)),
    size: size === "s" || size === "l" ? size : "m",
    look: numbersOf(told.get("look")).slice(0, 4),
    view: viewOf(told.get("zoom")),
    beside: BESIDE.find((each) => each === told.get("beside")) || "",
    dialog: WINDOWS.find((each) => each === told.get("window")) || "",
  };
}

/** @param {string} told @returns {import("./types").Term[]} */
function termOf(told) {
  const [, weight, kind, rest] = told.match(/^(\S+) (words|picture) (.+)$/s) || [];
  const picture = wholeNumber(rest || "");
  if (!Number.isFinite(Number(weight)) || (kind === "picture" && picture === null)) return [];
  return kind === "picture" ? [{ picture: picture ?? 0, weight: Number(weight) }] : rest ? [{ text: rest.slice(0, 1000), weight: Number(weight) }] : [];
}

/** @type {Record<string, RegExp>} */
const FORM = { since: /^\d{4}-\d\d-\d\d$/, until: /^\d{4}-\d\d-\d\d$/, stars: /^([1-5]|none)$/ };

/** @param {URLSearchParams} told @returns {import("./types").Filters} */
function filtersOf(told) {
  const found = Object.keys(NO_FILTERS).map((key) => [key, (told.get(key) || "").slice(0, 300)]).filter(([key, value]) => !FORM[key] || FORM[key].test(value));
  return { ...NO_FILTERS, ...Object.fromEntries(found) };
}

/** @param {string | null} told @returns {[number, number] | null} */
function pairOf(told) {
  const [low, high] = (told || "").split(".").map(wholeNumber);
  return low !== null && high !== null && low !== undefined && high !== undefined ? [low, high] : null;
}

/** @param {string | null} told @returns {import("../shared/large.js").View} */
function viewOf(told) {
  const [scale, x, y] = (told || "").split("_").map(number);
  const isView = scale && scale > 0 && scale <= NEAREST && [x, y].every((part) => typeof part === "number" && part >= 0 && part <= 1);
  return isView ? { scale, x: x ?? 0, y: y ?? 0 } : WHOLE;
}

/** Whole numbers with dots between. @param {string | null} told @returns {number[]} */
function numbersOf(told) {
  return (told || "").split(".").map(wholeNumber).filter((n) => n !== null);
}

/** @param {string | null} text */
function number(text) {
  const value = Number(text);
  return text && Number.isFinite(value) ? value : null;
}

/** @param {string | null} text */
function wholeNumber(text) {
  const value = number(text);
  return value !== null && Number.isSafeInteger(value) && value >= 0 ? value : null;
}
