// A picture of the page enlarged: the file itself where a browser can show it, with the command that explains its score.
import { Large as Enlarged } from "../shared/large.js";
import { Words } from "../shared/command.js";
import { html } from "../shared/html.js";
import { toClipboard } from "../shared/parts.js";
import { useRef, useState } from "../vendor/hooks.js";
import { detailsOf } from "./reading.js";

/** @typedef {import("./reading.js").Picture} Picture */

const command = document.getElementById("why"); // before and after the picture's place in it

/** @param {{ picture: Picture, number: number, onStep: (step: number) => void, onClose: () => void }} props */
export function Large({ picture, number, onStep, onClose }) {
  const [beside, setBeside] = useState("");
  const { title, rank, written, href, small, fault, word } = detailsOf(picture);
  const told = () => ({ name: title || picture.name, caption: [rank, written].filter(Boolean).join(" · ") });
  const sources = () => [...new Set([location.protocol === "file:" ? href : "", small])].filter(Boolean);
  const asides = command ? [{ kind: "why", name: "Why", key: "w", off: word === null, show: () => html`<${Why} key=${number} word=${word} />` }] : [];
  return html`<${Enlarged} look=${[number]} told=${told} sources=${sources} reason=${async () => fault} ahead=${[]} asides=${asides} beside=${beside} onBeside=${setBeside} keys=${{}} onStep=${onStep} onClose=${onClose}>
    ${href && html`<a id="original" href=${href}>Open the file</a>`}
  <//>`;
}

/** @param {{ word: string | null }} props */
function Why({ word }) {
  const [said, setSaid] = useState("");
  const code = useRef(/** @type {HTMLElement | null} */ (null));
  const { before, after } = /** @type {HTMLElement} */ (command).dataset;
  const text = `${before}${word}${after}`;
  return html`<div><p>What speaks for this score, and against it, is said by:</p><p><code ref=${code}><${Words} text=${text} /></code></p>
    <div class="buttons"><button onClick=${() => toClipboard(text, code.current).then(setSaid)}>Copy</button></div>
    <p class="quiet" role="status">${said}</p></div>`;
}
