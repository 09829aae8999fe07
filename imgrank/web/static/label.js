// The labelling page. File names are data: they go into the page as text and alt texts, never as markup.
import { lookAhead, pictureAt } from "./label/ahead.js";
import { percent, showTraining } from "./label/training.js";

/** @typedef {import("./label/training.js").Picture} Picture
 * @typedef {{ value: number | null, low: number, high: number, of: number }} Share
 * @typedef {{ turn: number, mode: "pairs" | "values" | "stars", sentence: string, answers: number, fewest: number, pictures: number, among: number,
 *   labels: string, pictures_at: string, name: string, unit: string | null, low: number, high: number, question: Picture[] | null,
 *   knowledge: { enough: boolean, moved: number | null, accuracy: Share, consistency: Share } | null,
 *   training: import("./label/training.js").Training }} State */

/** The element of an id, which the page has. @param {string} id @returns {any} */
const $ = (id) => document.getElementById(id);
const BASE = location.pathname.replace(/[^/]*$/, ""); // the page of imgrank open has this one below teach/
const COMMAND = BASE.startsWith("/teach/") ? "imgrank open" : "imgrank label";
const TOO_SOON = "That was too soon: the next question was not there yet, so it was not counted.";
const SENT = { answer: ["Saving…", "Saved."], skip: ["Passing it by…", "Passed by."], undo: ["Taking it back…", "Taken back."] };
const SOON = 150; // milliseconds; what comes sooner needs no word
const SIDES = [["left", "←"], ["right", "→"]];
let state = /** @type {State} */ (/** @type {unknown} */ (null)); // until the server has answered once
let ready = false; // whether the pictures of this question can be seen: nobody answers what is not there
let busy = false;
let hasty = false; // whether something was asked for before that question was there
let timer = 0;
let waiting = 0; // the timer that says what is waited for

/** @param {string} tag @param {object} props @param {...(string | Node)} children */
function make(tag, props = {}, ...children) {
  const element = Object.assign(document.createElement(tag), props);
  element.append(...children);
  return element;
}

async function fetchState() {
  await receive(fetch(`${BASE}state`));
}

/** @param {string} name @param {object} body */
async function step(name, body) {
  if (busy || !state) return tooSoon();
  [busy, hasty] = [true, false];
  const words = name === "answer" || name === "skip" || name === "undo" ? SENT[name] : null;
  if (words) leave(words[0]);
  const options = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ ...body, brief: Boolean(words) }) };
  const place = name === "train" ? "said" : "message";
  const isBrief = await receive(fetch(`${BASE}step/${name}`, options), place);
  if (words && isBrief) {
    leave(`${words[1]} The next ${state.mode === "pairs" ? "pair" : "picture"} is coming…`);
    await fetchState();
  }
  busy = false;
  if (ready) arrive(); // nothing else comes
}

/** What is seen was answered: it looks so, with a word of what is waited for. @param {string} words */
function leave(words) {
  clearTimeout(waiting);
  const say = () => {
    $("question").classList.add("left");
    $("coming").textContent = words;
  };
  if ($("question").classList.contains("left")) say();
  else waiting = setTimeout(say, SOON);
}

function arrive() {
  clearTimeout(waiting);
  $("question").classList.remove("left");
  $("coming").textContent = "";
}

/** What is refused is said at `place`: beside the button that was pressed. True where a step was taken, and what comes
 * after it is yet to be asked for. @param {Promise<Response>} request */
async function receive(request, place = "message") {
  try {
    const response = await request;
    if (response.headers.get("Content-Type") !== "application/json") throw new Error(await response.text());
    const told = await response.json();
    $("message").textContent = hasty ? TOO_SOON : "";
    const isBrief = !told.error && !("turn" in told);
    if (isBrief) count(told.answers);
    if ("turn" in told) show(told);
    if (told.error) $(place).textContent = told.error;
    return isBrief;
  } catch (error) {
    const gone = error instanceof TypeError;
    $("message").textContent = gone ? `${COMMAND} does not answer; start it again. Your answers are in the file.` : wordsOf(error);
    return false;
  }
}

/** @param {unknown} error */
function wordsOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** An answer counts for what was seen alone; who is quicker than the pictures is told so. */
function tooSoon() {
  hasty = true;
  $("message").textContent = TOO_SOON;
}

/** @param {string | number} given */
function answer(given) {
  if (!ready && state.question) tooSoon();
  else if (state.question) step("answer", { turn: state.turn, given });
}

/** @param {State} told */
function show(told) {
  const asked = state && state.turn === told.turn && Boolean(state.question) === Boolean(told.question);
  state = told;
  showHead();
  if (!asked) showQuestion();
  showKnowledge();
  const few = state.answers < state.fewest ? `From ${state.fewest} answers on; a few dozen make it good.` : "";
  showTraining(state.training, { few, unit: state.unit || "", thumb });
  clearTimeout(timer);
  if (state.training.stage === "running") timer = setTimeout(fetchState, 700);
}

function showHead() {
  const ask = { pairs: "Which fits better: ", values: "How much: ", stars: "How many stars: " }[state.mode];
  $("ask").title = state.sentence; // of which a long one is cut
  $("ask").replaceChildren(ask, make("em", { textContent: `“${state.sentence}”` }), "?");
  document.title = `${state.sentence} – ${COMMAND}`;
  count(state.answers);
  $("labels").textContent = state.labels;
  $("back").hidden = !state.pictures_at;
  $("go").hidden = !state.pictures_at;
  for (const id of ["back", "go"]) $(id).href = `${state.pictures_at}#q=${encodeURIComponent(state.sentence)}`;
  if (!$("name").value) $("name").value = state.name;
}

/** So many answers are in the file. @param {number} answers */
function count(answers) {
  const words = `${answers} answer${answers === 1 ? "" : "s"}`;
  const { pictures, among } = state;
  $("count").textContent = `${words}, ${pictures < among ? `${pictures} of ${among} images, evenly chosen` : `${pictures} images`}`;
  $("status").textContent = words;
}

async function showQuestion() {
  ready = false;
  $("question").hidden = false;
  $("done").hidden = Boolean(state.question);
  $("tie").hidden = state.mode !== "pairs" || !state.question;
  for (const id of ["skip", "ask-why"]) $(id).hidden = !state.question;
  $("value").hidden = state.mode !== "values" || !state.question;
  $("stars").hidden = state.mode !== "stars" || !state.question;
  const turn = state.turn;
  const focused = document.activeElement instanceof HTMLElement && document.activeElement.dataset.side;
  const pictures = (state.question || []).map((picture, n) => {
    const side = state.mode === "pairs" ? SIDES[n] : null;
    const image = Object.assign(pictureAt(`${BASE}picture/large/${picture.id}`), { alt: `${side ? `${side[0]}: ` : ""}${picture.name}` });
    if (!side) return make("figure", {}, image);
    const words = make("span", { textContent: side[0] === "left" ? "Left" : "Right" });
    words.dataset.key = side[1];
    const button = make("button", { type: "button", onclick: () => answer(side[0]) }, image, words);
    button.dataset.side = side[0];
    return button;
  });
  $("pictures").replaceChildren(...pictures);
  if (focused) $("pictures").querySelector(`[data-side=${focused}]`)?.focus();
  if (state.mode === "values") resetValue();
  await Promise.allSettled(pictures.map((shown) => shown.querySelector("img")?.decode()));
  if (state.turn === turn) ready = true;
  if (ready && !busy) arrive();
  document.body.dataset.turn = ready ? String(state.turn) : "";
  if (ready && state.question) lookAhead(BASE, turn);
}

function resetValue() {
  Object.assign($("slider"), { min: state.low, max: state.high, value: (state.low + state.high) / 2 });
  $("number").value = "";
  $("unit").textContent = state.unit || "";
  $("number").focus();
}

function showKnowledge() {
  const known = state.knowledge;
  $("knowledge").hidden = !known;
  if (!known) return;
  $("enough").className = known.enough ? "yes" : "";
  $("enough").textContent = known.enough
    ? `The last 20 answers moved only ${percent(known.moved)} of all pairs: more of them would hardly help. Train now.`
    : "";
  $("figures").replaceChildren(
    ...figure("Expected to be in the right order", known.accuracy, "of all pairs"),
    ...figure("Consistency, when asked again", known.consistency, `${known.consistency.of} repeated`),
    ...plain("Moved by the last 20 answers", percent(known.moved), known.moved === null ? "after 20 answers" : "of all pairs"),
  );
}

/** @param {string} name @param {Share} share @param {string} note */
function figure(name, share, note) {
  if (share.value === null) return plain(name, "–", "nothing repeated yet");
  const range = make("i");
  const mark = make("b");
  range.style.left = `${100 * share.low}%`;
  range.style.width = `${100 * (share.high - share.low)}%`;
  mark.style.left = `${100 * share.value}%`;
  const track = make("div", { className: "track" }, range, mark);
  const cell = plain(name, percent(share.value), `${percent(share.low)} to ${percent(share.high)}, ${note}`);
  cell[0].lastElementChild?.append(track);
  return cell;
}

/** @param {string} name @param {string} value @param {string} note */
function plain(name, value, note) {
  const told = make("dd", {}, value, " ", make("small", { textContent: note }));
  return [make("div", {}, make("dt", { textContent: name }), told)];
}

/** @param {Picture} picture @param {number} place @param {Map<string, number> | null} before */
function thumb(picture, place, before) {
  const was = before ? before.get(picture.id) : undefined;
  const moved = was === undefined || was === place ? "" : was > place ? ` ↑${was - place}` : ` ↓${place - was}`;
  const image = make("img", { loading: "lazy", src: `${BASE}picture/small/${picture.id}`, alt: picture.name, title: picture.name });
  const button = make("button", { type: "button", onclick: () => showWhy([picture]) }, image);
  return make("li", {}, button, make("span", { textContent: `${place + 1}${moved}` }));
}

/** @param {Picture[]} pictures */
function showWhy(pictures) {
  $("reasons").replaceChildren(...pictures.map(reason));
  if (!$("why").open) $("why").showModal();
}

/** @param {Picture} picture */
function reason(picture) {
  const image = Object.assign(new Image(), { src: `${BASE}picture/large/${picture.id}`, alt: picture.name });
  const said = make("p", { textContent: "The ranker is looking…" });
  said.setAttribute("role", "status");
  tellWhy(picture, image, said);
  return make("figure", {}, image, make("figcaption", {}, said));
}

/** @param {Picture} picture @param {HTMLImageElement} image @param {HTMLElement} said */
async function tellWhy(picture, image, said) {
  try {
    const response = await fetch(`${BASE}why/words/${picture.id}`);
    if (response.headers.get("Content-Type") !== "application/json") throw new Error(await response.text());
    const told = await response.json();
    said.textContent = told.error || told.said.join("\n");
    if (!response.ok) return;
    image.src = `${BASE}why/map/${picture.id}`;
    image.alt = `Map over ${picture.name}`;
  } catch (error) {
    said.textContent = error instanceof TypeError ? `${COMMAND} does not answer; start it again.` : wordsOf(error);
  }
}

function showStars() {
  const buttons = [0, 1, 2, 3, 4, 5].map((n) => {
    const button = make("button", { type: "button", textContent: "★".repeat(n) || "no stars", onclick: () => answer(n) });
    if (n) button.setAttribute("aria-label", `${n} star${n === 1 ? "" : "s"}`);
    button.dataset.key = String(n);
    return button;
  });
  $("stars").replaceChildren(...buttons);
}

const undo = () => step("undo", { turn: state.turn });
const skip = () => state.question && step("skip", { turn: state.turn });
/** @type {Record<string, () => void>} */
const PAIR_KEYS = { ArrowLeft: () => answer("left"), ArrowRight: () => answer("right"), ArrowDown: () => answer("tie") };
const why = () => ($("why").open ? $("why").close() : state.question && showWhy(state.question));
/** @type {Record<string, () => unknown>} */
const KEYS = { s: skip, u: undo, w: why, Backspace: undo };

document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLInputElement && event.target.type !== "checkbox";
  if (!state || ($("why").open && event.key !== "w") || event.ctrlKey || event.metaKey || event.altKey || event.repeat || typing) return;
  const stars = state.mode === "stars" && /^[0-5]$/.test(event.key) ? () => answer(Number(event.key)) : null;
  const inList = event.target instanceof Element && event.target.closest("ol"); // there, arrows scroll
  const act = stars || (state.mode === "pairs" && !inList && PAIR_KEYS[event.key]) || KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

$("tie").addEventListener("click", () => answer("tie"));
$("skip").addEventListener("click", skip);
$("undo").addEventListener("click", undo);
$("ask-why").addEventListener("click", why);
$("slider").addEventListener("input", () => ($("number").value = Number(Number($("slider").value).toPrecision(4))));
$("number").addEventListener("input", () => ($("slider").value = $("number").value));
$("value").addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  answer($("number").valueAsNumber);
});
$("train").addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  step("train", { name: $("name").value, replace: $("replace").checked });
});
$("stop").addEventListener("click", () => step("stop", {}));
document.addEventListener("visibilitychange", () => document.hidden || busy || fetchState()); // another tab may have gone on
showStars();
fetchState();
