// The plan: what would go where. Nothing is changed before somebody has looked at it and applied it.
import { useEffect, useRef, useState } from "../vendor/hooks.js";
import { wishState } from "./asking.js";
import { beginToAct, meant } from "./choosing.js";
import { Window } from "../shared/window.js";
import { html } from "../shared/html.js";
import { messageOf, post } from "./server.js";
import { inWords } from "./standing.js";
import { now } from "./store.js";
import { closeWindow } from "./steps.js";

/** @typedef {import("./types").State} State @typedef {import("./types").Plan} Plan */

const WHAT = { copy: "Copy to a folder", move: "Move to a folder", rename: "Rename by rank", tag: "Write rank, score and stars into sidecars", trash: "Move to the trash" };
const PAUSE = 250; // milliseconds after the last key before a plan is made
let lastFolder = "chosen";
/** @type {string | null} */
let lastKeyword = null;
let lastTemplate = "{rank}-{stem}{ext}";

/** @param {{ state: State }} props */
export function PlanDialog({ state }) {
  const { action, question } = state;
  const [folder, setFolder] = useState(lastFolder);
  const [keyword, setKeyword] = useState(lastKeyword ?? question.sentence);
  const [template, setTemplate] = useState(lastTemplate);
  const [plan, setPlan] = useState(/** @type {Plan | null} */ (null));
  const [fault, setFault] = useState("");
  const numbers = useRef(/** @type {number[]} */ (meant()));
  const turn = useRef(0);
  const withFolder = action === "copy" || action === "move";

  useEffect(() => {
    const mine = ++turn.current;
    setPlan(null);
    const timer = setTimeout(async () => {
      try {
        const named = keyword === question.sentence ? null : keyword;
        const chosen = now().chosen.size > 0;
        const made = await post("plan", { action, numbers: numbers.current, chosen, folder, template, keyword: named, ...question });
        if (mine === turn.current) [setPlan(made), setFault("")];
      } catch (error) {
        if (mine === turn.current) setFault(messageOf(error));
      }
    }, turn.current === 1 ? 0 : PAUSE);
    return () => clearTimeout(timer);
  }, [folder, template, keyword]);

  /** @param {(text: string) => void} set */
  const typed = (set) => (/** @type {any} */ event) => {
    turn.current += 1; // what was planned does not hold any more, from this very key on
    setPlan(null);
    set(event.target.value);
  };
  /** @param {Event} event */
  const apply = async (event) => {
    event.preventDefault();
    if (!plan || !plan.count) return;
    [lastFolder, lastTemplate, lastKeyword] = [folder, template, keyword === question.sentence ? null : keyword];
    closeWindow();
    beginToAct();
    await wishState("apply", { plan: plan.plan });
  };
  return html`<${Window} name="Plan" onClose=${closeWindow}>
    <form onSubmit=${apply}>
      <h2>${/** @type {Record<string, string>} */ (WHAT)[action]}</h2>
      ${withFolder && html`<label class="field">Folder <input type="text" value=${folder} onInput=${typed(setFolder)} spellcheck=${false} autocomplete="off" />
        <small>a whole path, or the name of a folder in ${state.server?.folder}</small></label>`}
      ${action === "rename" && html`<label class="field">New names <input type="text" value=${template} onInput=${typed(setTemplate)} spellcheck=${false} autocomplete="off" />
        <small>from ${"{rank} {score} {stem} {ext} {query}"}</small></label>`}
      ${action === "tag" && html`<label class="field">Keyword <input type="text" value=${keyword} onInput=${typed(setKeyword)} spellcheck=${false} autocomplete="off" />
        <small>Leave it empty to add none. Stars: those you gave, and by rank for all others, five for the best fifth of this order.</small></label>`}
      ${fault ? html`<p role="alert" class="fault">${fault}</p>` : plan ? html`<${Changes} plan=${plan} />` : html`<p class="quiet">Making the plan…</p>`}
      <div class="buttons">
        <button type="submit" class="strong" disabled=${!plan || !plan.count}>Apply</button>
        <button type="button" onClick=${closeWindow}>Cancel</button>
      </div>
    </form>
  <//>`;
}

/** @param {{ plan: Plan }} props */
function Changes({ plan }) {
  if (!plan.count) return html`<p>There is nothing to change: every file already is as you asked.</p>`;
  const belonging = plan.companions > 0 ? `, of which ${plan.companions} ${plan.companions === 1 ? "belongs" : "belong"} to the pictures` : "";
  return html`<p>${inWords(plan.count, "file")}${belonging}, ${bytes(plan.bytes)}.${plan.folder ? ` To ${plan.folder}.` : ""}</p>
    ${plan.notes.map((line) => html`<p key=${line} class="note">${line}</p>`)}
    <div class="changes" tabindex="0" role="region" aria-label="Changes"><table class="planned">
      <thead><tr><th scope="col">From</th><th scope="col">To</th></tr></thead>
      <tbody>${plan.changes.map(([from, to], n) => html`<tr key=${`${from}\n${to}`}><td>${from}</td><td>${to}${given(plan.stars[n])}</td></tr>`)}</tbody>
    </table></div>
    ${plan.count > plan.changes.length && html`<p class="quiet">and ${plan.count - plan.changes.length} more.</p>`}`;
}

/** @param {[number | null, number | null]} stars which a tag gives, and those that it replaces */
function given([stars, before]) {
  if (stars === null) return null;
  const instead = before === null ? "" : ` instead of ${before < 0 ? "rejected" : before}`;
  return html` <small>${inWords(stars, "star")}${instead}</small>`;
}

/** @param {number} count */
export function bytes(count) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let n = 0;
  while (count >= 1000 && n < units.length - 1) [count, n] = [count / 1000, n + 1];
  return `${n ? count.toFixed(1) : count} ${units[n]}`;
}
