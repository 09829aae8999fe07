// How far a training is, and what came of it.

/** @typedef {{ id: string, name: string }} Picture
 * @typedef {{ who: string, name: string, value: number, low: number | null, high: number | null }} Figure
 * @typedef {{ stage: "idle" | "running" | "done" | "failed", said: string, part: number, left: number | null, adapter: string, answers: boolean, stopping: boolean,
 *   rows?: number, metrics?: Figure[], seconds?: number, notes?: string[], before?: Picture[], after?: Picture[], command?: string }} Training */

/** The element of an id, which the page has. @param {string} id @returns {any} */
const $ = (id) => document.getElementById(id);

let shown = "";

/** `few` says how many answers are needed where there are too few; `thumb` draws a picture of an order.
 * @param {Training} told @param {{ few: string, unit: string, thumb: (picture: Picture, place: number, before: Map<string, number> | null) => HTMLElement }} page */
export function showTraining(told, { few, unit, thumb }) {
  const running = told.stage === "running";
  $("train").querySelector("button").disabled = Boolean(few) || running;
  $("said").className = told.stage;
  $("said").textContent = told.said ? `${told.said}${left(told)}` : few;
  $("going").hidden = !running;
  $("stop").disabled = told.stopping;
  if (told.part) $("part").value = told.part;
  else $("part").removeAttribute("value");
  $("already").hidden = !running || !told.answers;
  $("already").textContent = `${told.adapter} answers already. You need not wait, nor stay on this page.`;
  $("result").hidden = told.stage !== "done";
  const key = `${told.adapter} ${told.seconds}`;
  if (told.stage !== "done" || shown === key) return;
  shown = key;
  $("caption").textContent = `Tested on ${told.rows} of your answers, each kept back from learning for its test. Trained in ${told.seconds?.toFixed(0)} seconds.`;
  $("notes").textContent = (told.notes || []).map((note) => `${note.slice(0, 1).toUpperCase()}${note.slice(1)}.`).join(" ");
  $("rows").replaceChildren(...(told.metrics || []).map((figure) => row(figure, unit)));
  $("command").textContent = told.command;
  const before = new Map((told.before || []).map((picture, n) => [picture.id, n]));
  $("before").replaceChildren(...(told.before || []).map((picture, n) => thumb(picture, n, null)));
  $("after").replaceChildren(...(told.after || []).map((picture, n) => thumb(picture, n, before)));
}

/** @param {Training} told */
function left({ stage, left: seconds }) {
  if (stage !== "running" || seconds === null) return stage === "running" ? "…" : "";
  return seconds < 90 ? `, at most ${Math.max(1, seconds)} s more` : `, at most ${Math.round(seconds / 60)} min more`;
}

/** @param {number | null} share */
export function percent(share) {
  return share === null ? "–" : `${Math.round(100 * share)} %`;
}

/** @param {Figure} told @param {string} unit */
function row(told, unit) {
  const name = /** @type {Record<string, string>} */ ({ pair_accuracy: "pairs right", srcc: "SRCC", mae: `MAE ${unit}` })[told.name];
  /** @param {number | null} x */
  const digits = (x) => (x === null ? "–" : told.name === "pair_accuracy" ? percent(x) : x.toPrecision(3));
  const line = document.createElement("tr");
  const who = Object.assign(document.createElement("th"), { scope: "row", textContent: told.who });
  const cells = [name, digits(told.value), `${digits(told.low)} to ${digits(told.high)}`];
  line.append(who, ...cells.map((text) => Object.assign(document.createElement("td"), { textContent: text })));
  return line;
}
