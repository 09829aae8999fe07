// The sentence: what to order by. Earlier ones are offered.
import { useLayoutEffect, useRef, useState } from "../vendor/hooks.js";
import { ask } from "./asking.js";
import { html } from "../shared/html.js";
import { isStale } from "./shown.js";
import { openWindow } from "./steps.js";
import { change } from "./store.js";
import { byWhom, isMixed } from "./terms.js";

/** @typedef {import("./types").State} State */

const MOST_OFFERED = 8;

/** @param {{ state: State }} props */
export function Search({ state }) {
  const [text, setText] = useState(state.question.sentence);
  const [offering, setOffering] = useState(false);
  const [at, setAt] = useState(-1);
  useLayoutEffect(() => setText(state.question.sentence), [state.question.sentence]); // later it would take back what is typed
  const typed = text.trim().toLowerCase();
  const earlier = [...new Set([state.question.sentence, ...(state.server?.sentences || [])])]
    .filter((each) => each && each !== text.trim() && (text === state.question.sentence || each.toLowerCase().includes(typed)))
    .slice(0, MOST_OFFERED);
  const offered = offering && earlier.length > 0;

  /** @param {string} sentence */
  const go = (sentence) => {
    setOffering(false);
    setAt(-1);
    setText(sentence);
    const stays = sentence && sentence !== state.question.sentence && isMixed(state.question);
    ask({ ...state.question, sentence, by: sentence === state.question.sentence ? state.question.by : "" });
    if (stays) change({ message: "What was added before still applies beside the new sentence; “Only the sentence” drops it." });
  };
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    go(offered && at >= 0 ? earlier[at] : text.trim());
  };
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (event.key === "Escape" && offered) [event.stopPropagation(), event.preventDefault(), setOffering(false)];
    if (!step || !earlier.length) return;
    event.preventDefault();
    setOffering(true);
    setAt(Math.max(-1, Math.min(earlier.length - 1, offered ? at + step : 0)));
  };
  return html`<form class="search" role="search" onSubmit=${submit} onFocusOut=${() => setOffering(false)}>
    <svg class="glass" viewBox="0 0 20 20" aria-hidden="true"><circle cx="8.5" cy="8.5" r="5.5" /><path d="M12.8 12.8 18 18" /></svg>
    <input type="search" id="sentence" aria-label="Sentence" placeholder="What to order by, such as “a sunny day”" value=${text}
      autocomplete="off" spellcheck=${false} maxlength="1000" enterkeyhint="search" aria-controls="earlier"
      aria-activedescendant=${offered && at >= 0 ? `earlier-${at}` : undefined} onKeyDown=${key} onFocus=${() => setOffering(true)} onClick=${() => setOffering(true)}
      onInput=${(/** @type {any} */ event) => [setText(event.target.value), setAt(-1), setOffering(true)]} />
    <ul id="earlier" class="offered" role="listbox" aria-label="Earlier sentences" hidden=${!offered}>
      ${earlier.map((sentence, n) => html`<li key=${sentence} id=${`earlier-${n}`} role="option" aria-selected=${n === at}
        onMouseDown=${(/** @type {Event} */ event) => [event.preventDefault(), go(sentence)]}>${sentence}</li>`)}
    </ul>
    ${state.asking && html`<span class="spin" aria-hidden="true"></span>`}
  </form>`;
}

/** A term of a mix, and whether it counts against. @param {import("./types").AnsweredTerm} term */
function named({ text, weight }) {
  return `${weight < 0 ? "less " : ""}${text ? `“${text}”` : "pictures"}`;
}

/** A note as it stands among sentences. @param {string} note */
function asSentence(note) {
  return `${note.slice(0, 1).toUpperCase()}${note.slice(1)}${note.endsWith(".") ? "" : "."}`;
}

/** From a trained ranker to the words alone, and back. @param {{ order: import("./types").Order, question: import("./types").Question }} props */
function OtherWay({ order, question }) {
  const isTrained = [order, ...order.terms].some(({ adapter }) => adapter !== null);
  if (!question.by && !isTrained) return null;
  return html`<button class="link" onClick=${() => ask({ ...question, by: question.by ? "" : "words" })}>${question.by ? "Let a trained ranker answer" : "Go by the words alone"}</button>`;
}

/** Who answered, in a line; and what they noted. Its room stays while another order is made: no picture moves twice.
 * @param {{ state: State }} props */
export function Answered({ state }) {
  const { order } = state;
  const stale = isStale(state);
  const lines = useRef(/** @type {HTMLElement | null} */ (null));
  const height = useRef(0);
  useLayoutEffect(() => {
    if (!stale) height.current = lines.current?.getBoundingClientRect().height ?? 0;
  });
  if (!order || !(order.scores || stale)) return null;
  const quantity = order.scorer === "adapter" && order.quantity ? `: ${order.quantity}` : "";
  const who = order.terms.length > 1 ? `by a mix of ${order.terms.length} terms: ${order.terms.map(named).join(", ")}` : byWhom(order) + quantity;
  return html`<p class="answered" ref=${lines} style=${stale ? { minHeight: `${height.current}px` } : null}>
    <span title=${stale ? "" : order.reason || ""}>${stale ? "Ordering…" : `Ordered ${who}`}</span>
    <${OtherWay} order=${order} question=${state.question} />
    ${state.server && html`<button class="link" disabled=${Boolean(state.server.refused.model)} title=${state.server.refused.model || ""} onClick=${() => openWindow("models")}>Image model: ${state.server.backbone}</button>`}
    ${!stale && html`<${Noted} order=${order} />`}
  </p>`;
}

/** What is to be known before the order is believed. @param {{ order: import("./types").Order }} props */
function Noted({ order }) {
  return html`${!order.confident && html`<strong class="doubt">Not confident: ${order.doubt}, so the order may mean little.</strong>`}
    ${order.measuring && html`<span>A first order: the pictures are being measured at full size.</span>`}
    ${!order.measuring && order.notes.map((line) => html`<span key=${line}>${asSentence(line)}</span>`)}`;
}
