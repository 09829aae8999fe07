// The bar of what can be done with pictures: what is chosen, or all that is shown.
import { wishState } from "./asking.js";
import { chooseNone, chooseShown, meant } from "./choosing.js";
import { html } from "../shared/html.js";
import { lookAt } from "./looking.js";
import { shownOf } from "./shown.js";
import { inWords } from "./standing.js";
import { change } from "./store.js";

/** @typedef {import("./types").State} State */

const PLANNED = [["copy", "Copy"], ["move", "Move"], ["rename", "Rename"], ["tag", "Tag"], ["trash", "Trash"]];

/** @param {{ state: State }} props */
export function Actions({ state }) {
  const { chosen, server, order } = state;
  const shown = shownOf(state).numbers.length;
  const all = order ? shown === order.numbers.length : true;
  const running = Boolean(server?.job.running);
  const about = chosen.size ? `${chosen.size} chosen` : shown ? `none chosen: all ${shown} shown` : "nothing to act on";
  /** @param {string} action */
  const plan = (action) => change({ action, dialog: "plan" });
  const undo = server?.undo;
  const refused = server?.refused || {};
  return html`<footer class="actions">
    <span class="about" aria-live="polite">${about}</span>
    <button class="quietly" disabled=${!shown} onClick=${chooseShown}>All</button>
    <button class="quietly" disabled=${!chosen.size} onClick=${chooseNone}>None</button>
    <span class="between"></span>
    ${PLANNED.map(([action, name]) => html`<button key=${action} disabled=${Boolean(refused.plan) || running || !shown || (action === "trash" && !chosen.size && all)}
      title=${refused.plan ? refused.plan : action === "trash" && !chosen.size && all ? "Choose pictures, or cut, before any are thrown away" : ""}
      onClick=${() => plan(action)}>${name}</button>`)}
    <button disabled=${!shown} onClick=${() => change({ dialog: "export" })}>Export</button>
    <button disabled=${chosen.size < 2 || chosen.size > 4} title="Two to four chosen pictures side by side" onClick=${() => lookAt(meant())}>Compare</button>
    <button disabled=${Boolean(refused.teach) || shown < 3} title=${refused.teach || "This order is not mine: compare pictures two at a time, and train a ranker"} onClick=${() => change({ dialog: "teach" })}>Teach</button>
    <span class="between"></span>
    <button disabled=${!undo || running} title=${refused.undo ? refused.undo : undo ? told(undo) : "Nothing to undo"}
      onClick=${() => undo && wishState("undo", { run: undo.run })}>Undo</button>
    <button class="quietly" onClick=${() => change({ dialog: "history" })}>History</button>
  </footer>`;
}

/** @param {import("./types").Past} past */
function told(past) {
  const how = past.unfinished ? "which stopped in the middle" : inWords(past.left, "change");
  return `Undo run ${past.run}: ${past.action}, ${how}`;
}
