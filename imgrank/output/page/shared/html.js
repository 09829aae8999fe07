// Templates: Preact's elements by htm's tags. Whatever is put in is text, never markup.
import { h } from "../vendor/preact.js";
import htm from "../vendor/htm.js";

export const html = htm.bind(h);
