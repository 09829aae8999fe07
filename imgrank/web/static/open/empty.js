// What stands where there is no picture: why that is so, and what leads out.
import { ask, wishState } from "./asking.js";
import { countOf } from "./filtering.js";
import { html } from "../shared/html.js";
import { writeAddress } from "./steps.js";
import { change, NO_FILTERS } from "./store.js";

/** @typedef {import("./types").State} State */

/** @type {import("./types").Question} */
const NOTHING = { sentence: "", terms: [], between: null, by: "" };

/** @param {{ state: State }} props */
export function Empty({ state }) {
  const { server, order, names } = state;
  if (order?.numbers.some((number) => names[number])) return html`<${NonePasses} state=${state} />`;
  if (server?.indexing.fault) return html`<p class="empty">${server.indexing.fault}</p>`;
  if (server?.count && !order) return html`<${NotOrdered} state=${state} />`;
  if (!server || server.count || server.indexing.stage !== "idle") return html`<p class="empty">The first pictures are being read.</p>`;
  if (server.index) return html`<p class="empty">The index has no picture.</p>`;
  if (server.subfolders) return html`<p class="empty">No picture was found in this folder, nor in its subfolders.</p>`;
  return html`<div class="empty"><p>No picture was found in this folder itself.</p>
    <button class="strong" onClick=${() => wishState("subfolders", {})}>Show subfolders</button></div>`;
}

/** @param {{ state: State }} props */
function NonePasses({ state: { server, facts, filters } }) {
  if (!facts && countOf(filters)) return null; // by which they are filtered, soon
  const isReading = server?.indexing.stage !== "idle";
  return html`<div class="empty"><p>${isReading ? "None of the pictures read so far" : "No picture"} passes the cut and the filters.</p>
    <button class="strong" onClick=${showAll}>Show all</button></div>`;
}

/** @param {{ state: State }} props */
function NotOrdered({ state: { asking, fault } }) {
  if (asking || !fault) return html`<p class="empty">The pictures are being put in order.</p>`;
  return html`<div class="empty"><button class="strong" onClick=${() => ask(NOTHING)}>Show all by name</button></div>`;
}

function showAll() {
  change({ min: null, top: null, fits: false, filters: NO_FILTERS });
  writeAddress(false);
}
