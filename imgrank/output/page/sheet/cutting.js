// The cut through the scores, with the command that cuts so. Where there is nothing to cut, the page has none of it.
import { Words } from "../shared/command.js";
import { html } from "../shared/html.js";
import { isCut, toClipboard, written } from "../shared/parts.js";
import { render } from "../vendor/preact.js";

const cut = /** @type {HTMLInputElement | null} */ (document.getElementById("cut"));
const bars = [...document.querySelectorAll("#bars rect")];

/** The least score that is kept, as the command has it; null where all are. */
export function leastScore() {
  return cut && Number(cut.value) > Number(cut.min) ? written(Number(cut.value), Number(cut.dataset.decimals)) : null;
}

/** Say where the cut is. @param {string | null} least @param {number} passed how many are kept */
export function showCut(least, passed) {
  const command = document.getElementById("command"), words = document.getElementById("cut-words");
  if (!cut || !command || !words) return;
  const said = least === null ? "no cut: all are kept" : `${least}${cut.dataset.unit} or more: ${passed.toLocaleString()} kept`;
  words.textContent = said;
  cut.setAttribute("aria-valuetext", said);
  const text = command.dataset.before + (least === null ? "" : ` --min-score ${least}`) + command.dataset.after;
  render(html`<${Words} text=${text} />`, command);
  const from = least === null ? null : Number(least);
  bars.forEach((bar, n) => bar.classList.toggle("out", isCut(n, bars.length, Number(cut.min), Number(cut.max), from)));
}

/** @param {() => void} moved called when the cut is another */
export function listenToCut(moved) {
  cut?.addEventListener("input", moved);
  document.getElementById("copy")?.addEventListener("click", async () => {
    const command = /** @type {HTMLElement} */ (document.getElementById("command"));
    const said = /** @type {HTMLElement} */ (document.getElementById("copied"));
    said.textContent = await toClipboard(command.textContent || "", command);
  });
}
