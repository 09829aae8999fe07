// The bar of what can be done with pictures: what is chosen, or all that is shown.
import { takeBack } from "./asking.js";
import { chooseNone, chooseShown, meant } from "./choosing.js";
import { html } from "../shared/html.js";
import { lookAt } from "./looking.js";
import { baseName } from "./paths.js";
import { shownOf, unseen } from "./shown.js";
import { inWords } from "./standing.js";
import { openWindow } from "./steps.js";
import { change } from "./store.js";

/** @typedef {import("./types").State} State */

const PLANNED = [["copy", "Copy"], ["move", "Move"], ["rename", "Rename"], ["tag", "Tag"], ["trash", "Trash"]];

/** @param {{ state: State }} props */
export function Actions({ state }) {
  const { chosen, server, order } = state;
  const shown = shownOf(state).numbers.length;
  const away = unseen(state);
  const all = order ? shown === order.numbers.length : true;
  const running = Boolean(server?.job.running);
  const about = ratedJustNow(state) || (chosen.size ? `${chosen.size} chosen${away ? `, ${away} not shown` : ""}` : shown ? `none chosen: all ${shown} shown` : "nothing to act on");
  const busy = running ? "Files are being changed; wait until that has ended" : "";
  const none = shown ? "" : "There is no picture to act on";
  const unchosen = !chosen.size && all ? "Choose pictures, or cut, before any are thrown away" : "";
  /** @param {string} action */
  const plan = (action) => [change({ action }), openWindow("plan")];
  const undo = server?.undo;
  const refused = server?.refused || {};
  return html`<footer class="actions">
    <span class="about" aria-live="polite">${about}</span>
    <button class="quietly" disabled=${!shown} onClick=${chooseShown}>All</button>
    <button class="quietly" disabled=${!chosen.size} onClick=${chooseNone}>None</button>
    <span class="between"></span>
    ${PLANNED.map(([action, name]) => html`<${Act} key=${action} name=${name} why=${refused.plan || busy || none || (action === "trash" && unchosen)} act=${() => plan(action)} />`)}
    <${Act} name="Export" why=${none} act=${() => openWindow("export")} />
    <${Act} name="Compare" why=${chosen.size < 2 || chosen.size > 4 ? "Choose two to four pictures to see them side by side" : ""} act=${() => lookAt(meant())} />
    <${Act} name="Teach" why=${refused.teach || (shown < 3 ? "At least 3 pictures are needed to compare them" : "")}
      title="This order is not mine: compare pictures two at a time, and train a ranker" act=${() => openWindow("teach")} />
    <span class="between"></span>
    <${Act} name="Undo" why=${refused.undo || busy || (undo ? "" : "Nothing to undo")} title=${undo ? told(undo) : ""} act=${() => undo && takeBack(undo)} />
    <button class="quietly" onClick=${() => openWindow("history")}>History</button>
  </footer>`;
}

/** Which picture got how many stars, until another is looked at or chosen. @param {State} state */
function ratedJustNow({ rated, chosen, focus, names }) {
  if (!rated || rated.chosen !== chosen || rated.focus !== focus) return "";
  const { numbers, stars } = rated;
  const what = numbers.length === 1 ? baseName(names[numbers[0]]) : `${numbers.length} chosen pictures`;
  return `${what}: ${stars ? inWords(stars, "star") : "no stars"}`;
}

/** A button that says why it cannot be used: on a phone nothing else would.
 * @param {{ name: string, why: string | false, title?: string, act: () => void }} props */
function Act({ name, why, title = "", act }) {
  return html`<button aria-disabled=${Boolean(why)} title=${why || title} onClick=${() => (why ? change({ message: why.endsWith(".") ? why : `${why}.`, fault: "" }) : act())}>${name}</button>`;
}

/** @param {import("./types").Past} past */
function told(past) {
  const how = past.unfinished ? "which stopped in the middle" : inWords(past.left, "change");
  return `Undo run ${past.run}: ${past.action}, ${how}`;
}
