// What a reload keeps beside the address: what is chosen, by names, as numbers hold for one run of imgrank alone; and
// how far one has scrolled.
import { choose } from "./choosing.js";
import { now } from "./store.js";

const KEPT = "chosen";
const PLACE = "place";

/** The address of what lies behind a window. */
function behind() {
  return location.hash.replace(/[#&]window=\w+/, "");
}

/** Keep it over a reload of this tab. */
export function keep() {
  const { chosen, names, server } = now();
  try {
    sessionStorage.setItem(PLACE, JSON.stringify({ behind: behind(), y: scrollY }));
    sessionStorage.setItem(KEPT, JSON.stringify({ folder: server?.folder, names: [...chosen].map((number) => names[number]) }));
  } catch {
    sessionStorage.removeItem(KEPT); // more than a browser keeps
  }
}

/** Choose what was chosen before a reload. @param {string} folder */
export function recallChosen(folder) {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) || "null");
  if (kept?.folder !== folder || !kept.names.length || now().chosen.size) return;
  const wanted = new Set(kept.names);
  choose(now().names.flatMap((name, number) => (name && wanted.has(name) ? [number] : [])));
}

/** Scroll to where one was at this address before a reload, unless somebody did something meanwhile. A browser tries it
 * before there are pictures. @param {Promise<any>} ready */
export async function scrollBack(ready) {
  const kept = JSON.parse(sessionStorage.getItem(PLACE) || "null");
  if (kept?.behind !== behind() || !kept.y) return;
  const touched = new AbortController();
  for (const event of ["wheel", "keydown", "pointerdown"]) addEventListener(event, () => touched.abort(), { once: true, signal: touched.signal });
  await ready;
  requestAnimationFrame(() => touched.signal.aborted || [touched.abort(), scrollTo(0, kept.y)]);
}
