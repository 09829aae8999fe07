// A command to read and copy: a line breaks between its words, never at the hyphens of an option.
import { html } from "./html.js";

/** @param {{ text: string }} props */
export function Words({ text }) {
  return text.split(/( +)/).map((word) => (word.trim() ? html`<span>${word}</span>` : word));
}
