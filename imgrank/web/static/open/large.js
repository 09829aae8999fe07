// What is enlarged, with what the server knows of it: its file, and why it has its score.
import { Large as Enlarged } from "../shared/large.js";
import { html } from "../shared/html.js";
import { toClipboard } from "../shared/parts.js";
import { useEffect, useState } from "../vendor/hooks.js";
import { rate, wish } from "./asking.js";
import { toggle } from "./choosing.js";
import { reasonOf } from "./loading.js";
import { lookAway, lookBeside, lookCloser, lookOn } from "./looking.js";
import { lastNameOf } from "./naming.js";
import { get, messageOf } from "./server.js";
import { folderToTell } from "./paths.js";
import { shownOf, written } from "./shown.js";
import { now } from "./store.js";
import { addTerm } from "./terms.js";
import { termsOf, Why } from "./why.js";

/** @typedef {import("./types").State} State */

/** @param {{ state: State }} props */
export function Large({ state }) {
  const { look, names, chosen, facts } = state;
  const alone = look.length === 1;
  const { numbers } = shownOf(now());
  const next = alone ? numbers[numbers.indexOf(look[0]) + 1] : undefined;
  /** @param {number} number */
  const nameOf = (number) => lastNameOf(number) || "This picture";
  /** @param {number} number */
  const told = (number) => ({ name: nameOf(number), caption: names[number] === null ? "is not in the folder any more" : caption(number, state) });
  /** @type {Record<string, () => void>} */
  const keys = alone ? { x: () => toggle(look[0]) } : {};
  for (const given of alone ? [0, 1, 2, 3, 4, 5] : []) keys[given] = () => rate(look, given);
  /** @param {number} number */
  const stars = (number) => html`<${Stars} name=${nameOf(number)} given=${facts?.stars[number] ?? 0} refused=${state.server?.refused.rate} give=${(/** @type {number} */ given) => rate([number], given)} />`;
  /** @param {number} number */
  const choosing = (number) => {
    const words = chosen.has(number) ? "Chosen ✓" : "Choose";
    return html`<button aria-label=${alone ? null : `${words} ${nameOf(number)}`} onClick=${() => toggle(number)} aria-pressed=${chosen.has(number)}>${words}</button>`;
  };
  /** @param {number} number */
  const under = (number) => [stars(number), choosing(number)];
  const asides = [
    { kind: "file", name: "About", key: "i", off: false, show: (/** @type {number} */ number) => html`<${Facts} key=${number} number=${number} />` },
    { kind: "why", name: "Why", key: "w", off: !termsOf(state).length, show: (/** @type {number} */ number) => html`<${Why} key=${number} number=${number} state=${state} />` },
  ];
  return html`<${Enlarged} look=${look} told=${told} sources=${(/** @type {number} */ number, /** @type {boolean} */ zoomed) => [`picture/${zoomed ? "full" : "screen"}/${number}`]} reason=${reasonOf}
      ahead=${next === undefined ? [] : [`picture/screen/${next}`]} asides=${asides} beside=${state.beside} onBeside=${lookBeside} keys=${keys} onStep=${lookOn} onClose=${lookAway} under=${under} start=${state.view} onView=${lookCloser}>
    ${alone && stars(look[0])}
    ${alone && html`<button onClick=${() => addTerm({ picture: look[0], weight: 1 })}>More like this</button>`}
    ${alone && choosing(look[0])}
  <//>`;
}

/** Five stars to press; the last of those that were given takes them back.
 * @param {{ name: string, given: number, refused: string | undefined, give: (stars: number) => void }} props */
function Stars({ name, given, refused, give }) {
  return html`<span class="rating" role="group" aria-label=${`Stars of ${name}`}>${[1, 2, 3, 4, 5].map((stars) => html`<button key=${stars} aria-label=${stars === 1 ? "1 star" : `${stars} stars`}
    aria-pressed=${stars <= given} disabled=${Boolean(refused)} title=${refused || ""} onClick=${() => give(stars === given ? 0 : stars)}>${stars <= given ? "★" : "☆"}</button>`)}</span>`;
}

/** The folder of a name that several have, rank and score. @param {number} number @param {State} state */
function caption(number, { names, order }) {
  const place = order ? order.numbers.indexOf(number) : -1;
  const ranked = order?.scores && place >= 0 ? `${place + 1} · ${written(order.scores[place], order)}` : "";
  return [folderToTell(number, names), ranked].filter(Boolean).join(" · ");
}

/** A path, which may go on in another line behind each folder. @param {string} text */
function inParts(text) {
  return text.split(/(?<=[\\/])/).map((part, n) => (n ? html`<wbr />${part}` : part));
}

/** @param {{ number: number }} props */
function Facts({ number }) {
  const [said, setSaid] = useState("");
  const [fault, setFault] = useState("");
  const [facts, setFacts] = useState(/** @type {Record<string, string> | null} */ (null));
  useEffect(() => {
    get(`facts/${number}`).then(setFacts, (error) => setFault(messageOf(error)));
  }, [number]);
  if (fault) return html`<p class="fault">${fault}</p>`;
  if (!facts) return html`<p class="quiet">Looking…</p>`;
  return html`<div><dl class="facts">${Object.entries(facts).map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${inParts(value)}</dd></div>`)}</dl>
    <div class="buttons">
      <button onClick=${() => toClipboard(facts.Path || "", document.querySelector("aside dl.facts > div:last-child dd")).then((done) => setSaid(`The path was ${done}.`))}>Copy path</button>
      <button onClick=${async () => setSaid((await wish("reveal", { number })) ? "The file manager was asked to show it." : now().fault)}>Show in file manager</button>
    </div><p class="quiet" aria-live="polite">${said}</p></div>`;
}
