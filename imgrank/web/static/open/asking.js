// Asks for orders, and keeps the page in step with the server: names, progress, work, what came and went.
import { acted, wasChosenFor } from "./choosing.js";
import { hold } from "./loading.js";
import { awaitNames, takeNames } from "./naming.js";
import { get, GONE, messageOf, post } from "./server.js";
import { recallChosen } from "./staying.js";
import { openWindow, writeAddress } from "./steps.js";
import { change, now } from "./store.js";

/** @typedef {import("./types").Question} Question @typedef {import("./types").Server} Server @typedef {import("./types").Order} Order */

const AGAIN = 1200; // milliseconds between two orders while pictures arrive
const SOON = 100;
let timer = 0;
let asked = 0;
let epoch = -1;
let namedVersion = -1;
let orderedAt = 0;
let orderedVersion = -1;
let orderedBy = "";
let groupsAsked = "";

/** Order by another question; the cut of the one before does not hold for it. @param {Question} question */
export async function ask(question) {
  change({ question, min: null, top: now().top, look: [], message: "" });
  writeAddress(true);
  await order();
  scrollTo(0, 0);
}

/** Order anew by the present question. */
export async function order() {
  const turn = ++asked;
  const question = (orderedBy = JSON.stringify(now().question));
  change({ asking: true });
  hold(true);
  try {
    const told = await post("order", now().question);
    if (turn !== asked) return;
    if (told.version !== namedVersion) await fetchNames(told.version);
    [orderedAt, orderedVersion] = [performance.now(), told.version];
    uncutIfOther(told);
    change({ order: told, answered: question, asking: false, fault: "" });
  } catch (error) {
    if (turn !== asked) return;
    change({ asking: false, fault: messageOf(error) });
    if (now().fault !== GONE) orderedVersion = now().server?.version ?? -1; // what is refused is asked anew when something changed
  } finally {
    if (turn === asked) hold(false);
  }
}

/** Scores of another ranker are others: a cut through the ones before says nothing of them. @param {Order} told */
function uncutIfOther({ scorer, adapter, unit }) {
  const { order, answered, question, min } = now();
  if (min === null || !order?.scores || order.measuring || answered !== JSON.stringify(question)) return;
  if (order.scorer === scorer && order.adapter === adapter && order.unit === unit) return;
  uncut();
}

function uncut() {
  if (now().min === null) return;
  change({ min: null, message: [now().message, "The scores are new ones, so the cut was taken off."].filter(Boolean).join(" ") });
  writeAddress(false);
}

/** Somebody went back: order where the address names another question now, and find groups where it names another rule. */
export async function catchUp() {
  const { group, groups } = now();
  if (groups && groups.by !== group) change({ groups: null });
  if (group && !now().groups) hasten();
  if (JSON.stringify(now().question) !== orderedBy) await order();
}

/** Do something on the server; what it refuses is said. Returns what it told, or null.
 * @param {string} path @param {object} body */
export async function wish(path, body) {
  change({ message: "", fault: "" });
  try {
    const told = await post(path, body);
    change({ fault: "" });
    return told;
  } catch (error) {
    change({ fault: messageOf(error) });
    return null;
  }
}

/** As `wish`, for what answers with the whole state, and begins something to be followed closely.
 * @param {string} path @param {object} body @param {() => void} [done] is called as soon as it is done */
export async function wishState(path, body, done) {
  const told = await wish(path, body);
  if (told) done?.();
  try {
    if (told) await settle(told);
  } catch (error) {
    change({ fault: messageOf(error) });
  }
  hasten();
}

/** Take the last run back; one from before the start, perhaps of another folder, is shown in History first.
 * @param {import("./types").Past} past */
export function takeBack(past) {
  if (past.at_once) undo(past.run);
  else openWindow("history");
}

/** Take a run back; what was chosen for it is chosen again. @param {number} run */
export function undo(run) {
  awaitNames(wasChosenFor(run));
  wishState("undo", { run });
}

function hasten() {
  clearTimeout(timer);
  timer = setTimeout(follow, SOON);
}

/** Ask how things are, again and again; oftener while something goes on. */
export async function follow() {
  let pause = 3000;
  try {
    const told = await get("state");
    if (now().fault === GONE) change({ fault: "" });
    await settle(told);
    pause = told.job.running || isEmpty() ? 250 : told.indexing.stage === "idle" && !told.coming && told.teaching.training?.stage !== "running" ? 3000 : 600;
  } catch (error) {
    change({ fault: messageOf(error) });
  }
  clearTimeout(timer);
  timer = setTimeout(follow, document.hidden ? 4 * pause : pause);
}

/** Whether the first pictures are yet to come. */
function isEmpty() {
  const { server, order } = now();
  return !order?.numbers.length && server !== null && server.indexing.stage !== "idle" && server.indexing.stage !== "failed";
}

/** What is told when the page comes, once. @param {Server} told */
function welcome({ undo, folder }) {
  recallChosen(folder);
  if (!undo?.unfinished) return;
  const what = undo.undoes === null ? undo.action : "undo";
  change({ message: `The last ${what} stopped in the middle, after ${undo.done === 1 ? "1 change" : `${undo.done} changes`}. Undo takes back what it did; History can finish it.` });
}

/** @param {Server} told */
async function settle(told) {
  const before = now().server;
  change({ server: told });
  if (!before) [await fetchNames(told.version), welcome(told)];
  if (before && told.indexing.news && told.indexing.news !== before.indexing.news) change({ message: told.indexing.news });
  if (before && told.job.number >= before.job.number && !told.job.running && (before.job.running || told.job.number > before.job.number)) {
    acted(told.job.run);
    change({ message: told.job.said, fault: told.job.fault });
  }
  if (told.model_fault && told.model_fault !== before?.model_fault) change({ fault: told.model_fault });
  if (before && told.backbone !== before.backbone) [change({ message: `The image model is ${told.backbone} now.` }), uncut()];
  if (before && before.teaching.training?.stage === "running") ended(told.teaching.training);
  if (told.facts !== (now().facts?.version ?? 0)) await fetchFacts();
  if (now().group && groupsAsked !== `${now().group} ${told.version} ${told.groups}`) await fetchGroups();
  const isBusy = told.indexing.stage !== "idle";
  if (before && (told.epoch !== epoch || (!isBusy && told.version !== namedVersion))) await fetchNames(told.version); // first: the question may mean one that changed
  const isTaught = before && told.teaching.rankers !== before.teaching.rankers;
  if (now().asking && !now().order) return; // the first order is on its way
  if (isTaught || (told.version !== orderedVersion && (!isBusy || isEmpty() || performance.now() - orderedAt > AGAIN))) await order();
}

/** What is said when a training has come to its end. @param {import("./types").Training | null} training */
function ended(training) {
  if (training?.stage === "done") change({ message: `${training.adapter} is trained. It answers “${training.sentence}” from now on.` });
  if (training?.stage === "failed") change({ fault: training.said });
}

/** Names of pictures that are not known yet; all of them where one went or got another name. @param {number} version */
async function fetchNames(version) {
  const { names } = now();
  let told = await get(`pictures?from=${names.length}`);
  if (told.epoch !== epoch) told = await get("pictures?from=0");
  [epoch, namedVersion] = [told.epoch, version];
  takeNames([...names.slice(0, told.from), ...told.names]);
  writeAddress(false);
}

async function fetchGroups() {
  const { group, server } = now();
  const refused = server?.refused[group];
  if (refused) change({ group: "", fault: refused });
  else if (group) change({ groups: await get(`groups/${group}`) });
  groupsAsked = `${group} ${server?.version} ${server?.groups}`;
}

/** Fold the pictures into groups by another rule, or by none. @param {string} group */
export async function groupBy(group) {
  change({ group, groups: null, opened: new Set(), message: "" });
  writeAddress(false);
  try {
    await fetchGroups();
  } catch (error) {
    change({ fault: messageOf(error) });
  }
  hasten();
}

async function fetchFacts() {
  change({ facts: await get("facts") });
}

/** Give pictures their stars, and say which got them. @param {number[]} numbers @param {number} stars */
export async function rate(numbers, stars) {
  const { chosen, focus, server } = now();
  const refused = server?.refused.rate;
  if (refused) change({ fault: refused });
  else if (numbers.length) await wishState("rate", { numbers, stars }, () => change({ rated: { numbers, stars, chosen, focus } }));
}
