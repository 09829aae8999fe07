// Why a picture has its score: each term of what was asked, one after the other, in words and as a map.
import { useEffect, useState } from "../vendor/hooks.js";
import { html } from "../shared/html.js";
import { get, messageOf } from "./server.js";
import { baseName } from "./paths.js";

/** @typedef {import("./types").State} State @typedef {{ name: string, weight: number, query: string }} Meant */

/** All that the order goes by; a sentence that names several terms is those. @param {State} state @returns {Meant[]} */
export function termsOf({ question, order, names }) {
  if (!order?.scores) return [];
  const by = question.by ? `&by=${question.by}` : "";
  const texts = order.terms.flatMap(({ text, weight }) => (text === null ? [] : [{ name: text, weight, query: `sentence=${encodeURIComponent(text)}${by}` }]));
  const pictures = question.terms.flatMap(({ picture, weight }) => (picture === undefined || !weight ? [] : [{ name: `like ${baseName(names[picture])}`, weight, query: `picture=${picture}` }]));
  const ends = question.between;
  const scale = ends ? [{ name: `from ${ends.map((n) => baseName(names[n])).join(" to ")}`, weight: 1, query: ends.map((n) => `picture=${n}`).join("&") }] : [];
  return [...texts, ...scale, ...pictures];
}

/** @param {{ number: number, state: State }} props */
export function Why({ number, state }) {
  const terms = termsOf(state);
  return html`<section><p class="quiet legend">Orange speaks for it, blue against it.</p>${terms.map((term) => html`<${Term} key=${`${number} ${term.query}`} number=${number} term=${term} alone=${terms.length === 1} />`)}</section>`;
}

/** @param {{ number: number, term: Meant, alone: boolean }} props */
function Term({ number, term, alone }) {
  const [said, setSaid] = useState(/** @type {string[] | null} */ (null));
  const [fault, setFault] = useState("");
  const query = `${number}?${term.query}`;
  useEffect(() => {
    get(`why/words/${query}`).then((told) => setSaid(told.said), (error) => setFault(messageOf(error)));
  }, [query]);
  const times = Math.abs(term.weight) === 1 ? "" : ` × ${Math.abs(term.weight)}`;
  return html`<figure>
    ${!alone && html`<h3>${term.weight < 0 ? "Less" : "More"}: ${term.name}${times}</h3>`}
    ${fault ? html`<p class="fault">${fault}</p>` : !said ? html`<p class="quiet">Looking…</p>`
      : html`<img src=${`why/map/${query}`} alt=${`Map of what speaks for “${term.name}”, in orange, and against it, in blue`} />
        <figcaption>${said.map((line) => html`<p key=${line}>${line}</p>`)}</figcaption>`}
  </figure>`;
}
