// "This order is not mine": from what is shown to the page that asks which of two is more.
import { useState } from "../vendor/hooks.js";
import { meant } from "./choosing.js";
import { html } from "../shared/html.js";
import { messageOf, post } from "./server.js";
import { closeWindow } from "./steps.js";
import { Window } from "../shared/window.js";

/** @param {{ state: import("./types").State }} props */
export function TeachDialog({ state }) {
  const [sentence, setSentence] = useState(state.question.sentence);
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);
  const numbers = meant();
  const most = Math.min(numbers.length, state.server?.teaching.most ?? Infinity);
  const about = most < numbers.length ? `${most} of these ${numbers.length} pictures, evenly chosen from their order; the ranker orders all of them` : `${numbers.length} pictures`;
  /** @param {Event} event */
  const begin = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const { page } = await post("teach", { sentence, numbers });
      location.replace(page); // in place of the step of this window, so that Forward leads to the lesson
    } catch (error) {
      [setFault(messageOf(error)), setBusy(false)];
    }
  };
  return html`<${Window} name="Train your own order" onClose=${closeWindow}>
    <form onSubmit=${begin}>
      <h2>This order is not mine</h2>
      <p>You are asked which of two pictures fits a sentence better. Then you train a ranker of your own: ${state.server?.teaching.fewest} answers are
        enough to try, a few dozen to make it good. It answers its sentence from then on, here and in the terminal. Questions are about ${about}.</p>
      <label class="field">Which sentence? <input type="text" value=${sentence} placeholder="such as “cosier room”" autocomplete="off" onInput=${(/** @type {any} */ event) => setSentence(event.target.value)} /></label>
      ${fault && html`<p role="alert" class="fault">${fault}</p>`}
      <div class="buttons"><button type="submit" class="strong" disabled=${busy || !sentence.trim()}>Begin</button><button type="button" onClick=${closeWindow}>Cancel</button></div>
    </form>
  <//>`;
}
