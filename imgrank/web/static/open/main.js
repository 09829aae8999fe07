// The page: everything in its place, drawn from one state.
import { render } from "../vendor/preact.js";
import { Actions } from "./actions.js";
import { followAddress, writeAddress } from "./address.js";
import { follow, isStale, order, orderIfAnother, wishState } from "./asking.js";
import { keepChosen } from "./choosing.js";
import { Cut } from "./cut.js";
import { ExportDialog, HelpDialog, HistoryDialog, SkippedDialog } from "./dialogs.js";
import { FilterButton, Filters } from "./filters.js";
import { countOf } from "./filtering.js";
import { Grouping } from "./grouping.js";
import { html } from "../shared/html.js";
import { listenToKeys, resize } from "./keys.js";
import { Large } from "./large.js";
import { ModelsDialog } from "./models.js";
import { Pictures } from "./pictures.js";
import { PlanDialog } from "./plan.js";
import { Answered, Search } from "./search.js";
import { post } from "./server.js";
import { shownOf } from "./shown.js";
import { Messages, Standing } from "./standing.js";
import { change, NO_FILTERS, useStore } from "./store.js";
import { TeachDialog } from "./teach.js";
import { Terms } from "./terms.js";

const DIALOGS = { plan: PlanDialog, history: HistoryDialog, export: ExportDialog, help: HelpDialog, skipped: SkippedDialog, teach: TeachDialog, models: ModelsDialog };

function Page() {
  const state = useStore();
  const Open = state.dialog && DIALOGS[state.dialog];
  return html`
    <header>
      <div class="first">
        <h1 title=${state.server?.folder || ""}>${(state.server?.folder || "").split(/[\\/]/).pop() || "imgrank"}</h1>
        <${Search} state=${state} />
        <button class="add" aria-expanded=${state.adding} onClick=${() => change({ adding: !state.adding })}>Add term</button>
        <button class="adjust" aria-expanded=${state.adjusting} onClick=${() => change({ adjusting: !state.adjusting })}>Adjust</button>
        <div class="sizes" role="group" aria-label="Size">
          <button aria-label="Smaller" onClick=${() => resize(-1)} disabled=${state.size === "s"}>−</button>
          <button aria-label="Larger" onClick=${() => resize(1)} disabled=${state.size === "l"}>+</button>
          <button class="keys" aria-label="Keys" onClick=${() => change({ dialog: "help" })}>?</button>
        </div>
      </div>
      <${Terms} state=${state} />
      <div class=${`second${state.adjusting ? " adjusting" : ""}`}><${Cut} state=${state} />
        <${FilterButton} state=${state} />
        <${Grouping} state=${state} />
        <${Standing} state=${state} />
      </div>
      ${state.filtering && html`<${Filters} state=${state} />`}
      <${Answered} state=${state} />
    </header>
    <main class=${isStale(state) ? "stale" : ""}><${Messages} state=${state} /><${Pictures} state=${state} />${state.order && !shownOf(state).numbers.length && html`<${Empty} state=${state} />`}</main>
    <${Actions} state=${state} />
    ${state.look.length > 0 && html`<${Large} state=${state} />`}
    ${Open && html`<${Open} key=${state.dialog} state=${state} />`}`;
}

/** @param {{ state: import("./types").State }} props */
function Empty({ state }) {
  const { server, order, names } = state;
  if (order?.numbers.length && !state.facts && countOf(state.filters)) return null; // by which they are filtered, soon
  if (order?.numbers.some((number) => names[number])) return html`<div class="empty"><p>No picture passes the cut and the filters.</p>
    <button class="strong" onClick=${showAll}>Show all</button></div>`;
  if (server?.indexing.fault) return html`<p class="empty">${server.indexing.fault}</p>`;
  if (!server || server.count || server.indexing.stage !== "idle") return html`<p class="empty">The first pictures are being read.</p>`;
  if (server.index) return html`<p class="empty">The index has no picture.</p>`;
  if (server.subfolders) return html`<p class="empty">No picture was found in this folder, nor in its subfolders.</p>`;
  return html`<div class="empty"><p>No picture was found in this folder itself.</p>
    <button class="strong" onClick=${() => wishState("subfolders", {})}>Show subfolders</button></div>`;
}

function showAll() {
  change({ min: null, top: null, fits: false, filters: NO_FILTERS });
  writeAddress(false);
}

followAddress(orderIfAnother);
render(html`<${Page} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
listenToKeys();
addEventListener("pagehide", keepChosen);
addEventListener("focus", () => post("look", {}).catch(() => {})); // the folder may have changed meanwhile
order().then(follow);
