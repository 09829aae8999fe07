// What is mixed into the order beside the sentence: more or less of words and pictures, each with a weight.
import { useLayoutEffect, useRef, useState } from "../vendor/hooks.js";
import { ask } from "./asking.js";
import { html } from "../shared/html.js";
import { lastNameOf } from "./naming.js";
import { baseName } from "./paths.js";
import { change, now } from "./store.js";

/** @typedef {import("./types").State} State @typedef {import("./types").Term} Term @typedef {import("./types").AnsweredTerm} AnsweredTerm */

/** @param {{ scorer: string, adapter: string | null, shipped: boolean }} answered */
export function byWhom({ scorer, adapter, shipped }) {
  const by = { "zero-shot": "by similarity to the words", like: "by similarity to pictures", between: "from one picture to another", detail: "by what is measured at full size", adapter: shipped ? "by the shipped ranker" : `by your ranker ${adapter}` };
  return /** @type {Record<string, string>} */ (by)[scorer] || scorer;
}

/** Whether more than the sentence is ordered by. @param {import("./types").Question} question */
export function isMixed({ terms, between }) {
  return terms.length > 0 || between !== null;
}

/** @param {Term} term */
export function addTerm(term) {
  const { question } = now();
  change({ adding: false });
  ask({ ...question, terms: [...question.terms, term] });
}

/** @param {{ state: State }} props */
export function Terms({ state }) {
  const { question, names, order, adding } = state;
  const answered = order?.terms || [];
  useKeysBack();
  /** @param {number} n @param {Term | null} term */
  const put = (n, term) => ask({ ...question, terms: question.terms.flatMap((each, place) => (place === n ? (term ? [term] : []) : [each])) });
  if (!adding && !isMixed(question)) return null;
  return html`<div class="terms">
    ${question.sentence && isMixed(question) && html`<span>Also by:</span>`}
    ${question.between && html`<span class="term">from <b>${lastNameOf(question.between[0])}</b> to <b>${lastNameOf(question.between[1])}</b>
      <button class="drop" aria-label="Drop the scale" onClick=${() => ask({ ...question, between: null })}>✕</button></span>`}
    ${question.terms.map((term, n) => html`<${Chip} key=${`${n} ${term.text} ${term.picture}`} term=${term} name=${term.text ?? lastNameOf(term.picture ?? -1)}
      by=${whoAnswered(term, names, answered)} put=${(/** @type {Term | null} */ next) => put(n, next)} />`)}
    ${question.sentence && isMixed(question) && html`<button class="link" onClick=${() => ask({ ...question, terms: [], between: null })}>Only the sentence</button>`}
    ${adding && html`<${NewTerm} state=${state} />`}
  </div>`;
}

/** Whoever added or dropped a term by keys goes on from the button that adds one: what had the keys is gone. */
function useKeysBack() {
  const had = Boolean(document.activeElement?.closest(".terms"));
  useLayoutEffect(() => {
    const button = document.querySelector(".add");
    if (had && document.activeElement === document.body && button instanceof HTMLElement) button.focus();
  });
}

/** @param {{ term: Term, name: string, by: string, put: (term: Term | null) => void }} props */
function Chip({ term, name, by, put }) {
  const less = term.weight < 0;
  return html`<span class=${`term${less ? " less" : ""}`} title=${by}>
    <button class="sign" aria-label=${`${less ? "Less" : "More"} of ${name}`} title="More or less of it" onClick=${() => put({ ...term, weight: -term.weight })}>${less ? "−" : "+"}</button>
    ${term.picture !== undefined && html`<img src=${`picture/small/${term.picture}`} alt="" />`}
    <b>${name}</b>
    <input type="range" min="0.1" max="3" step="0.1" aria-label=${`Weight of ${name}`} value=${Math.abs(term.weight)}
      onChange=${(/** @type {any} */ event) => put({ ...term, weight: (less ? -1 : 1) * Number(event.target.value) })} />
    <small>× ${Math.abs(term.weight)}${by ? `, ${by}` : ""}</small>
    <button class="drop" aria-label=${`Drop ${name}`} onClick=${() => put(null)}>✕</button>
  </span>`;
}

/** @param {Term} term @param {(string | null)[]} names @param {AnsweredTerm[]} answered */
function whoAnswered(term, names, answered) {
  const name = baseName(names[term.picture ?? -1]);
  const found = answered.find((each) => (term.text !== undefined ? each.text === term.text : each.text === null && each.pictures.includes(name)));
  return found ? byWhom(found) : "";
}

/** @param {{ state: State }} props */
function NewTerm({ state }) {
  const [text, setText] = useState("");
  const [less, setLess] = useState(false);
  const box = useRef(/** @type {HTMLInputElement | null} */ (null));
  useLayoutEffect(() => box.current?.focus(), []); // before the next key
  const { chosen, question } = state;
  const weight = less ? -1 : 1;
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    if (text.trim()) addTerm({ text: text.trim(), weight });
  };
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    if (event.key === "Escape") [event.stopPropagation(), change({ adding: false })];
  };
  const pictures = () => {
    change({ adding: false });
    ask({ ...question, terms: [...question.terms, ...[...chosen].slice(0, 8).map((picture) => ({ picture, weight }))] });
  };
  const scale = () => {
    const [low, high] = chosen;
    change({ adding: false });
    ask({ ...question, between: [low, high] });
  };
  return html`<form class="newterm" onSubmit=${submit} onKeyDown=${key}>
    <select aria-label="More or less" value=${less ? "less" : "more"} onChange=${(/** @type {any} */ event) => setLess(event.target.value === "less")}>
      <option value="more">More of</option><option value="less">Less of</option></select>
    <input type="text" ref=${box} aria-label="Term" placeholder="words, such as “people”" value=${text} maxlength="1000" autocomplete="off" onInput=${(/** @type {any} */ event) => setText(event.target.value)} />
    <button type="submit" disabled=${!text.trim()}>Add</button>
    <button type="button" disabled=${!chosen.size} title="Choose pictures in the grid first" onClick=${pictures}>The chosen pictures</button>
    <button type="button" disabled=${chosen.size !== 2} title="Choose two pictures: first the one end, then the other" onClick=${scale}>From one chosen picture to the other</button>
  </form>`;
}
