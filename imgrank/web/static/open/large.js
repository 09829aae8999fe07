// One picture enlarged, or two to four side by side; zoom and place are the same in all of them.
import { toClipboard } from "../parts.js";
import { useEffect, useRef, useState } from "../vendor/hooks.js";
import { rate, wish } from "./asking.js";
import { toggle } from "./choosing.js";
import { html } from "./html.js";
import { lookAt, lookOn } from "./looking.js";
import { Pane } from "./pane.js";
import { get, messageOf } from "./server.js";
import { baseName, shownOf, written } from "./shown.js";
import { now } from "./store.js";
import { addTerm } from "./terms.js";
import { termsOf, Why } from "./why.js";
import { Window } from "./window.js";

/** @typedef {import("./types").State} State @typedef {{ scale: number, x: number, y: number }} View */

const WHOLE = { scale: 0, x: 0.5, y: 0.5 }; // scale 0: the whole picture; else pixels of the screen for one of the picture

/** @param {{ state: State }} props */
export function Large({ state }) {
  const { look, names, order, chosen } = state;
  const [view, setView] = useState(/** @type {View} */ (WHOLE));
  const [beside, setBeside] = useState(/** @type {"" | "facts" | "why"} */ (""));
  const close = () => lookAt([]);
  const alone = look.length === 1;
  useEffect(() => setView(WHOLE), [look.join()]);

  const zoom = () => setView((before) => (before.scale ? WHOLE : { scale: 1, x: 0.5, y: 0.5 }));
  /** @param {"facts" | "why"} kind */
  const turn = (kind) => setBeside((before) => (before === kind ? "" : kind));
  const keys = useRef(/** @type {Record<string, () => void>} */ ({}));
  keys.current = {
    ArrowRight: () => lookOn(1), ArrowLeft: () => lookOn(-1), ArrowDown: () => lookOn(1), ArrowUp: () => lookOn(-1),
    z: zoom, i: () => turn("facts"), w: () => turn("why"), x: () => toggle(look[0]), " ": close,
    "+": () => setView((before) => ({ ...before, scale: (before.scale || 0.5) * 2 })), "-": () => setView((before) => ({ ...before, scale: before.scale > 0.3 ? before.scale / 2 : 0 })),
  };
  for (const stars of [0, 1, 2, 3, 4, 5]) keys.current[stars] = () => rate(look, stars);
  useEffect(() => {
    /** @param {KeyboardEvent} event */
    const onKey = (event) => {
      const act = keys.current[event.key];
      if (!act || event.ctrlKey || event.metaKey || event.altKey || (event.key === " " && event.target instanceof HTMLButtonElement)) return;
      event.preventDefault();
      act();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  const ahead = alone ? shownOf(now()).numbers.slice(shownOf(now()).numbers.indexOf(look[0]) + 1).slice(0, 1) : [];
  return html`<${Window} name=${alone ? "Enlarged" : "Side by side"} kind="large" onClose=${close}>
    <div class=${`panes of${look.length}`}>${look.map((number) => html`<${Pane} key=${alone ? "one" : number} number=${number} name=${baseName(names[number])}
      caption=${caption(number, order)} chosen=${chosen.has(number)} several=${!alone} view=${view} onView=${setView} />`)}
      ${beside === "facts" && html`<aside>${look.map((number) => html`<${Facts} key=${number} number=${number} />`)}</aside>`}
      ${beside === "why" && html`<aside class="why">${look.map((number) => html`<${Why} key=${number} number=${number} state=${state} />`)}</aside>`}
    </div>
    <div class="bar">
      ${alone && html`<button onClick=${() => lookOn(-1)} aria-label="Previous picture">←</button><button onClick=${() => lookOn(1)} aria-label="Next picture">→</button>`}
      ${alone && html`<span class="named">${baseName(names[look[0]])} <small>${caption(look[0], order)}</small> <span class="stars">${starsOf(state.facts?.stars[look[0]])}</span></span>`}
      <span class="between"></span>
      <button onClick=${zoom} aria-pressed=${view.scale > 0}>${view.scale ? "Whole picture" : "100 %"}</button>
      <button onClick=${() => turn("facts")} aria-pressed=${beside === "facts"}>About</button>
      <button onClick=${() => turn("why")} aria-pressed=${beside === "why"} disabled=${!termsOf(state).length}>Why</button>
      ${alone && html`<button onClick=${() => [close(), addTerm({ picture: look[0], weight: 1 })]}>More like this</button>`}
      ${alone && html`<button onClick=${() => toggle(look[0])} aria-pressed=${chosen.has(look[0])}>${chosen.has(look[0]) ? "Chosen ✓" : "Choose"}</button>`}
      <button onClick=${close}>Close</button>
    </div>
    ${ahead.map((number) => html`<img key=${number} class="ahead" src=${`picture/screen/${number}`} alt="" />`)}
  <//>`;
}

/** @param {number | null | undefined} stars */
function starsOf(stars) {
  return typeof stars === "number" ? "★".repeat(stars) + "☆".repeat(5 - stars) : "";
}

/** Rank and score. @param {number} number @param {import("./types").Order | null} order */
function caption(number, order) {
  const place = order ? order.numbers.indexOf(number) : -1;
  return order?.scores && place >= 0 ? `${place + 1} · ${written(order.scores[place], order)}` : "";
}

/** @param {{ number: number }} props */
function Facts({ number }) {
  const [said, setSaid] = useState("");
  const [facts, setFacts] = useState(/** @type {Record<string, string> | null} */ (null));
  useEffect(() => {
    get(`facts/${number}`).then(setFacts, (error) => [setFacts({}), setSaid(messageOf(error))]);
  }, [number]);
  if (!facts) return html`<p class="quiet">Looking…</p>`;
  return html`<div><dl class="facts">${Object.entries(facts).map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    <div class="buttons">
      <button onClick=${() => toClipboard(facts.Path || "", document.querySelector("aside dl.facts > div:last-child dd")).then((done) => setSaid(`The path was ${done}.`))}>Path to clipboard</button>
      <button onClick=${async () => setSaid((await wish("reveal", { number })) ? "The file manager was asked to show it." : now().fault)}>Show in file manager</button>
    </div><p class="quiet" aria-live="polite">${said}</p></div>`;
}
