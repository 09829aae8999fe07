// Pictures of the grid load a few at a time: a browser keeps six connections to a machine, and a question must not wait
// in line behind a hundred pictures. While an order is on its way no picture begins to load.
import { refusalOf } from "./server.js";

const AT_ONCE = 4;
const LONGEST = 1000; // milliseconds for which an order holds pictures up

/** @type {Set<() => void>} */
const waiting = new Set();
let loading = 0;
let held = false;
let timer = 0;

/** Give an image its address when it is its turn. What is returned ends that: a picture on its way is not waited for.
 * @param {HTMLImageElement} image @param {string} address @returns {() => void} */
export function load(image, address) {
  /** @type {"waiting" | "loading" | "over"} */
  let stage = "waiting";
  const begin = () => {
    stage = "loading";
    loading += 1;
    image.src = address;
  };
  const end = () => {
    if (stage === "loading") loading -= 1;
    waiting.delete(begin);
    stage = "over";
    for (const event of ["load", "error"]) image.removeEventListener(event, end);
    next();
  };
  for (const event of ["load", "error"]) image.addEventListener(event, end);
  waiting.add(begin);
  next();
  return () => {
    if (stage === "loading") image.removeAttribute("src");
    if (stage !== "over") end();
  };
}

const BUSY = 503;

/** Why a picture is not shown, as the server says it; null where it may be shown when it is asked for again.
 * @param {string} address */
export async function reasonOf(address) {
  try {
    const response = await fetch(address);
    return response.ok || response.status === BUSY ? null : await refusalOf(response);
  } catch {
    return null;
  }
}

/** Let no picture begin, or go on. @param {boolean} holding */
export function hold(holding) {
  clearTimeout(timer);
  held = holding;
  if (holding) timer = setTimeout(() => hold(false), LONGEST);
  else next();
}

function next() {
  while (!held && loading < AT_ONCE && waiting.size) {
    const [begin] = waiting;
    waiting.delete(begin);
    begin();
  }
}
