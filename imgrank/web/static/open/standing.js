// How things stand: how many pictures, how far reading is, what is being done, what went wrong.
import { wishState } from "./asking.js";
import { html } from "../shared/html.js";
import { shownOf } from "./shown.js";
import { GONE } from "./server.js";
import { openWindow } from "./steps.js";
import { change } from "./store.js";

/** @typedef {import("./types").State} State */

/** @param {{ state: State }} props */
export function Standing({ state }) {
  const { server, order } = state;
  const count = order ? order.numbers.length : server?.count || 0;
  const isFirst = !order && state.asking && count > 0;
  const more = order && state.asking ? (server?.count || 0) - count : 0;
  return html`<div class="standing">
    <p role="status">${inWords(count, "picture")}${server?.index ? " of an index" : ""}, ${isFirst ? "being put in order" : `${shownOf(state).numbers.length} shown`}</p>
    ${more > 0 && html`<span>${more} more read, being put in order</span>`}
    ${Boolean(server?.skipped) && html`<button class="link" onClick=${() => openWindow("skipped")}>${server?.skipped} left out</button>`}
    ${server && html`<${Reading} server=${server} />`}
    ${server?.teaching.training?.stage === "running" && html`<${Training} training=${server.teaching.training} />`}
  </div>`;
}

/** @param {{ server: import("./types").Server }} props */
function Reading({ server }) {
  const { stage, done, total, rate, left, fault } = server.indexing;
  if (fault) return html`<span class="fault">${fault}</span>`;
  if (server.coming && stage === "idle") return html`<span class="reading"><progress aria-label="Loading the image model"></progress> Loading ${server.coming}</span>`;
  if (stage === "idle" || (stage === "looking" && !total)) return null;
  const words = stage === "measuring" ? "Measuring at full size" : stage === "changing" ? `Reading for ${server.coming}` : stage === "grouping" ? "Finding groups" : stage === "paused" ? "Paused" : "Reading";
  const pace = stage !== "paused" && rate ? `, ${rate >= 10 ? Math.round(rate) : rate} a second${left ? `, ${duration(left)} left` : ""}` : "";
  return html`<span class="reading">
    <progress value=${done} max=${total || 1} aria-label="Reading pictures"></progress> ${words} ${done} of ${total}${pace}
    <button class="link" onClick=${() => wishState("pause", { paused: stage !== "paused" })}>${stage === "paused" ? "Go on" : "Pause"}</button>
  </span>`;
}

/** @param {{ training: import("./types").Training }} props */
function Training({ training: { adapter, answers, stopping, part, left, page } }) {
  const doing = stopping ? `The training of ${adapter} is being stopped` : answers ? `${adapter} answers, and is being refined` : `Training ${adapter}`;
  return html`<span class="reading">
    <progress value=${part || undefined} max="1" aria-label="Training"></progress> ${doing}${left ? `, at most ${duration(left)} more` : ""}${" "}
    <a href=${page}>Show</a>
  </span>`;
}

/** @param {{ state: State }} props */
export function Messages({ state }) {
  const { fault, message, server } = state;
  const job = server?.job;
  const isRunning = job?.running && fault !== GONE;
  const doing = { copy: "Copying", move: "Moving", rename: "Renaming", tag: "Tagging", trash: "Throwing away", undo: "Undoing", finish: "Finishing" };
  return html`<div class="messages">
    ${fault && html`<p role="alert" class="fault">${fault} <button class="link" onClick=${() => change({ fault: "" })}>Dismiss</button></p>`}
    <div aria-live="polite">${isRunning
      ? html`<p><progress value=${job.done} max=${job.total || 1} aria-label="Files"></progress> ${/** @type {Record<string, string>} */ (doing)[job.what] || "Working"}: ${job.done} of ${job.total || "…"}</p>`
      : message && html`<p>${message} <button class="link" onClick=${() => change({ message: "" })}>Dismiss</button></p>`}</div>
    ${!job?.running && job?.left_alone.length ? html`<details><summary>${inWords(job.left_alone.length, "file")} left alone</summary>
      <dl class="facts names">${job.left_alone.map(([name, reason]) => html`<div key=${name}><dt>${name}</dt><dd>${reason}</dd></div>`)}</dl></details>` : null}
  </div>`;
}

/** A number of things: "1 picture", "2 pictures". @param {number} count @param {string} noun */
export function inWords(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** @param {number} seconds */
export function duration(seconds) {
  if (seconds < 90) return `${seconds} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
