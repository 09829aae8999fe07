// The page: everything in its place, drawn from one state.
import { render } from "../vendor/preact.js";
import { Actions } from "./actions.js";
import { catchUp, follow, order } from "./asking.js";
import { Cut } from "./cut.js";
import { ExportDialog, HelpDialog, HistoryDialog, SkippedDialog } from "./dialogs.js";
import { Empty } from "./empty.js";
import { FilterButton, Filters } from "./filters.js";
import { Grouping } from "./grouping.js";
import { html } from "../shared/html.js";
import { listenToKeys, resize } from "./keys.js";
import { Large } from "./large.js";
import { showLooked } from "./looking.js";
import { ModelsDialog } from "./models.js";
import { Pictures } from "./pictures.js";
import { PlanDialog } from "./plan.js";
import { Answered, Search } from "./search.js";
import { post } from "./server.js";
import { isStale, shownOf } from "./shown.js";
import { Messages, Standing } from "./standing.js";
import { keep, scrollBack } from "./staying.js";
import { followAddress, openWindow } from "./steps.js";
import { change, useStore } from "./store.js";
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
          <button class="keys" aria-label="Keys" onClick=${() => openWindow("help")}>?</button>
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
    <main class=${isStale(state) ? "stale" : ""}><${Messages} state=${state} /><${Pictures} state=${state} />${!shownOf(state).numbers.length && html`<${Empty} state=${state} />`}</main>
    <${Actions} state=${state} />
    ${state.look.length > 0 && html`<${Large} state=${state} />`}
    ${Open && html`<${Open} key=${state.dialog} state=${state} />`}`;
}

followAddress(() => [catchUp(), showLooked()]);
render(html`<${Page} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
listenToKeys();
addEventListener("pagehide", keep);
addEventListener("focus", () => post("look", {}).catch(() => {})); // the folder may have changed meanwhile
scrollBack(Promise.all([order(), follow()]));
