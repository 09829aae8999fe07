// The smaller windows: history, export, what could not be read, keys.
import { useEffect, useState } from "../vendor/hooks.js";
import { undo, wishState } from "./asking.js";
import { meant } from "./choosing.js";
import { html } from "../shared/html.js";
import { fetchBlob, get, messageOf } from "./server.js";
import { inWords } from "./standing.js";
import { closeWindow } from "./steps.js";
import { change, now } from "./store.js";
import { Window } from "../shared/window.js";

/** @typedef {import("./types").Past} Past */

/** @param {string} path @param {any} empty */
function useFetched(path, empty) {
  const [told, setTold] = useState(empty);
  useEffect(() => {
    get(path).then(setTold, (error) => [closeWindow(), change({ fault: messageOf(error) })]);
  }, []);
  return told;
}

/** A time as it stands everywhere, such as 2026-11-30 16:26; Swedish writes it so. @param {string} time */
function written(time) {
  return new Date(time).toLocaleString("sv", { dateStyle: "short", timeStyle: "short" });
}

/** @param {{ state: import("./types").State }} props */
export function HistoryDialog({ state }) {
  /** @type {Past[] | null} */
  const runs = useFetched("history", null);
  /** @param {string} path @param {number} run */
  const go = (path, run) => {
    closeWindow();
    wishState(path, { run });
  };
  return html`<${Window} name="History" onClose=${closeWindow}>
    <h2>What was done here</h2>
    ${state.server?.undo?.at_once === false && html`<p>The last change is from before imgrank open was started. Choose which one to undo.</p>`}
    ${runs && !runs.length && html`<p>No run has changed a file of this folder yet.</p>`}
    <ol class="runs">${runs && [...runs].reverse().map((past) => html`<li key=${past.run}>
      <div><strong>${past.undoes === null ? past.action : `undo of run ${past.undoes}`}</strong> ${past.query && html`<em>${past.query}</em>`}
        <small>run ${past.run}, ${written(past.time)}, ${inWords(past.done, "change")}, ${past.state}</small></div>
      ${past.unfinished && html`<button onClick=${() => go("finish", past.run)}>Finish run ${past.run}</button>`}
      ${past.can_undo && html`<button onClick=${() => [closeWindow(), undo(past.run)]}>Undo run ${past.run}</button>`}
    </li>`)}</ol>
    <div class="buttons"><button onClick=${closeWindow}>Close</button></div>
  <//>`;
}

export function ExportDialog() {
  const numbers = meant();
  /** @param {string} form @param {string} name */
  const download = async (form, name) => {
    try {
      const blob = await fetchBlob("export", { form, numbers, ...now().question });
      const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
      closeWindow();
    } catch (error) {
      [closeWindow(), change({ fault: messageOf(error) })];
    }
  };
  const forms = [["paths", "Paths", "pictures.txt", "one path a line"], ["csv", "CSV", "pictures.csv", "for spreadsheets"], ["json", "JSON", "pictures.json", "for programs"]];
  return html`<${Window} name="List" onClose=${closeWindow}>
    <h2>A list of ${inWords(numbers.length, "picture")}</h2>
    <div class="forms">${forms.map(([form, name, file, words]) => html`<button key=${form} onClick=${() => download(form, file)}>${name} <small>${words}</small></button>`)}</div>
    <div class="buttons"><button onClick=${closeWindow}>Close</button></div>
  <//>`;
}

export function SkippedDialog() {
  /** @type {[string, string][] | null} */
  const skipped = useFetched("skipped", null);
  return html`<${Window} name="Left out" onClose=${closeWindow}>
    <h2>Could not be read</h2>
    <dl class="facts names">${skipped?.map(([name, reason]) => html`<div key=${name}><dt>${name}</dt><dd>${reason}</dd></div>`)}</dl>
    <div class="buttons"><button onClick=${closeWindow}>Close</button></div>
  <//>`;
}

const KEYS = [
  ["/", "to the sentence"], ["arrows", "from picture to picture"], ["Enter, space", "enlarge"], ["x", "choose the picture with the ring, or leave it out again"], ["Shift + arrow", "choose a range"],
  ["Ctrl + A", "choose all that is shown"], ["Esc", "choose none, close"], ["0 to 5", "stars for the picture with the ring; where that is chosen, for all that are"], ["g", "open and fold a group"], ["c", "side by side"], ["+ −", "larger, smaller pictures"],
  ["z", "enlarged: to 100 % and back"], ["i", "enlarged: about the file"], ["w", "enlarged: why this score"], ["Ctrl + Z", "undo the last change of files"], ["?", "this list"],
];

export function HelpDialog() {
  return html`<${Window} name="Keys" onClose=${closeWindow}>
    <h2>Keys</h2>
    <dl class="facts">${KEYS.map(([key, words]) => html`<div key=${key}><dt><kbd>${key}</kbd></dt><dd>${words}</dd></div>`)}</dl>
    <p class="quiet">With the mouse: a click enlarges; Ctrl or the tick chooses; Shift chooses a range; dragging a frame chooses what it touches.</p>
    <div class="buttons"><button onClick=${closeWindow}>Close</button></div>
  <//>`;
}
