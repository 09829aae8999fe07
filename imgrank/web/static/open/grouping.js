// The choice of groups, and what can be done with what they fold away.
import { restOf } from "../shared/folding.js";
import { GROUPS } from "./address.js";
import { groupBy } from "./asking.js";
import { choose as chooseNumbers } from "./choosing.js";
import { html } from "../shared/html.js";
import { choose } from "./shown.js";
import { writeAddress } from "./steps.js";
import { change, now } from "./store.js";

/** @typedef {import("./types").State} State */

/** @type {Record<string, string>} */
const WORDS = { similar: "much alike", burst: "one burst", day: "one day", folder: "one folder" };

/** Open or fold the group of a picture. @param {number} number */
export function fold(number) {
  const { groups, opened } = now();
  const of = groups?.groups[number];
  if (of === undefined || of === null) return;
  const others = [...opened].filter((each) => groups?.groups[each] !== of);
  change({ opened: new Set(others.length < opened.size ? others : [...others, number]) });
  writeAddress(false);
}

/** @param {{ state: State }} props */
export function Grouping({ state }) {
  const { group, groups } = state;
  const refused = state.server?.refused || {};
  return html`<label class="groups">Fold <select value=${group} onChange=${(/** @type {any} */ event) => groupBy(event.target.value)}>
      <option value="">nothing</option>${GROUPS.map((by) => html`<option key=${by} value=${by} disabled=${Boolean(refused[by])} title=${refused[by] || ""}>${WORDS[by]}</option>`)}</select></label>
    ${group && (groups && !groups.pending ? html`<button class="link" title="For culling: all that groups fold away" onClick=${() => chooseNumbers(restOf(choose(now()).numbers, (number) => groups.groups[number]))}>Choose all but the best</button>` : html`<span class="quiet">finding groups…</span>`)}`;
}
