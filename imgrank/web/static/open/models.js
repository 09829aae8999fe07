// The image models that there are: how good, how large, how long they would take here, and how to take one.
import { useEffect, useState } from "../vendor/hooks.js";
import { wishState } from "./asking.js";
import { Words } from "../shared/command.js";
import { html } from "../shared/html.js";
import { bytes } from "./plan.js";
import { get, messageOf } from "./server.js";
import { duration } from "./standing.js";
import { closeWindow } from "./steps.js";
import { change } from "./store.js";
import { Window } from "../shared/window.js";

/** @typedef {{ name: string, whole: string, present: boolean, on_disk: boolean, bytes: number | null, imagenet: number | null, licence: string, seconds: number | null, command: string }} Model */

/** @param {{ state: import("./types").State }} props */
export function ModelsDialog({ state }) {
  const [models, setModels] = useState(/** @type {Model[]} */ ([]));
  const [picked, setPicked] = useState("");
  useEffect(() => {
    get("models").then(setModels, (error) => [closeWindow(), change({ fault: messageOf(error) })]);
  }, []);
  const model = models.find((each) => each.name === picked);
  const coming = state.server?.coming;
  const present = models.find((each) => each.present)?.name || "";
  /** @param {string} name */
  const take = (name) => {
    closeWindow();
    wishState("model", { name });
  };
  return html`<${Window} name="Image models" onClose=${closeWindow}>
    <h2>Image models</h2>
    <p>A larger one knows more, is downloaded once, and reads all pictures again, which takes a while the first time. Pictures stay here.</p>
    <div class="changes models"><table aria-busy=${!models.length}>
      <thead><tr><th scope="col">Model</th><th scope="col">Size</th><th scope="col">ImageNet</th><th scope="col">Once, here</th></tr></thead>
      <tbody>${models.map((each) => html`<tr key=${each.whole}>
        <td><label title=${each.whole}><input type="radio" name="model" checked=${each.name === picked || (!picked && each.present)} onChange=${() => setPicked(each.name)} /><span>${each.name}${each.present ? " (now)" : ""}</span></label></td>
        <td>${each.bytes ? html`<span>${bytes(each.bytes)}${each.on_disk ? "," : ""}</span>` : ""} ${each.on_disk ? html`<span>on disk</span>` : ""}</td>
        <td>${each.imagenet === null ? "" : `${(100 * each.imagenet).toFixed(1)} %`}</td>
        <td>${each.seconds === null ? "not timed" : duration(each.seconds)}</td></tr>`)}</tbody>
    </table></div>
    ${!models.length && html`<p class="quiet">Checking what is on disk…</p>`}
    ${coming && html`<p role="note">${coming} is on its way. The present model answers until it has read every picture.</p>`}
    ${model && !model.present && !coming && html`<p>${costOf(model)} Until then the present model answers; what it has read stays stored. From the terminal: <code><${Words} text=${model.command} /></code></p>`}
    <p class="quiet">ImageNet: zero-shot accuracy, as published. <code><${Words} text="imgrank backbones --measure" /></code> measures their speed here.</p>
    <div class="buttons">
      ${coming ? html`<button onClick=${() => take(present)}>Stay with ${present}</button>`
        : html`<button class="strong" disabled=${!model || model.present} onClick=${() => take(picked)}>Use this model</button>`}
      <button onClick=${closeWindow}>Close</button></div>
  <//>`;
}

/** What taking a model costs once. @param {Model} model */
function costOf(model) {
  const load = model.on_disk ? "It is on this disk." : `It is downloaded once${model.bytes ? `, ${bytes(model.bytes)}` : ""}.`;
  return `${load} The pictures are read anew${model.seconds === null ? "" : `, about ${duration(model.seconds)}`}.`;
}
