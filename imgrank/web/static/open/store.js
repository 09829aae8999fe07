// The one place where the page's state lives. Everything that is shown follows from it.
import { WHOLE } from "../shared/pane.js";
import { useEffect, useState } from "../vendor/hooks.js";

/** @typedef {import("./types").State} State */

/** Nothing is filtered. @type {import("./types").Filters} */
export const NO_FILTERS = { name: "", since: "", until: "", camera: "", folder: "", orientation: "", stars: "", kind: "" };

/** @type {State} */
let state = {
  question: { sentence: "", terms: [], between: null, by: "" },
  order: null,
  answered: "",
  asking: false,
  names: [],
  server: null,
  min: null,
  top: null,
  fits: false,
  filters: NO_FILTERS,
  filtering: false,
  group: "",
  groups: null,
  opened: new Set(),
  facts: null,
  size: "m",
  chosen: new Set(),
  rated: null,
  focus: null,
  look: [],
  view: WHOLE,
  beside: "",
  dialog: "",
  adding: false,
  adjusting: false,
  action: "",
  message: "",
  fault: "",
};

/** @type {Set<() => void>} */
const listeners = new Set();

/** The state now; nobody changes it but by `change`. */
export function now() {
  return state;
}

/** @param {Partial<State>} patch */
export function change(patch) {
  state = { ...state, ...patch };
  for (const listener of listeners) listener();
}

/** The state, and the component that asks is drawn again when it changes. */
export function useStore() {
  const [seen, see] = useState(state);
  useEffect(() => {
    const listener = () => see(state);
    listener();
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, []);
  return seen;
}
