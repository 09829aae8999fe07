// Steps of back and forward: one for each question, and one for what is laid over the page, which Back takes away.
import { addressOf, readAddress } from "./address.js";
import { change, now } from "./store.js";

/** @typedef {import("./types").Dialog} Dialog */

const OVER = "over"; // marks a step on which a picture was enlarged, or a window opened
const PAUSE = 200; // milliseconds between two writes of one step: browsers refuse more than some ten a second

let returning = false; // by the step that laid something over the page
let missed = false; // whether a step was to be written meanwhile
let timer = 0;
let writtenAt = -PAUSE;
let wanted = ""; // what the timer writes

/** Write the state into the address: a step that back leads out of, or only the newest form of this one.
 * @param {boolean} step */
export function writeAddress(step) {
  missed ||= returning && step;
  const address = addressOf(now());
  if (returning || address === (timer ? wanted : location.hash || "#")) return;
  if (timer && step) write();
  wanted = address;
  const left = writtenAt + PAUSE - performance.now();
  if (step) history.pushState(isCovered() ? OVER : null, "", urlOf(address));
  else if (left <= 0) write();
  else timer ||= setTimeout(write, left);
}

function write() {
  forget();
  writtenAt = performance.now();
  history.replaceState(history.state, "", urlOf(wanted));
}

function forget() {
  clearTimeout(timer);
  timer = 0;
}

/** @param {string} address */
function urlOf(address) {
  return address === "#" ? location.pathname : address;
}

function isCovered() {
  return now().look.length > 0 || Boolean(now().dialog);
}

/** Nothing lies over the page any more: back by the step that laid it there, where there was one, with all else as it is now.
 * Whether it is on its way back. */
export function writeUncovered() {
  if (returning) return true; // what was opened meanwhile has no step to go back by
  returning = history.state === OVER;
  if (!returning) writeAddress(false);
  else [forget(), history.back()];
  return returning;
}

/** @param {Dialog} dialog */
export function openWindow(dialog) {
  change({ dialog });
  writeAddress(true);
}

export function closeWindow() {
  if (!now().dialog) return;
  change({ dialog: "" });
  writeUncovered();
}

/** @param {() => void} moved called when the user went back or forward */
export function followAddress(moved) {
  const follow = () => {
    forget();
    if (returning) arrive();
    else read();
    moved();
  };
  addEventListener("popstate", follow);
  read();
}

function arrive() {
  const step = missed;
  returning = missed = false;
  writeAddress(step);
}

function read() {
  change(readAddress(location.hash));
  if (history.state === OVER && !isCovered()) writeUncovered(); // by a window that is good once: it does not come back
}
