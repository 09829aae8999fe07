// One picture on a stage: whole, or zoomed so that a pixel of it is a pixel of the screen.
import { useLayoutEffect, useRef, useState } from "../vendor/hooks.js";
import { html } from "./html.js";

/** @typedef {import("./large.js").View} View @typedef {import("./large.js").Told} Told */

/** The whole picture, to begin with. @type {View} */
export const WHOLE = { scale: 0, x: 0.5, y: 0.5 };
export const NEAREST = 8; // pixels of the screen for one of the picture
const CLICK = 5; // pixels that a hand may tremble
const SWIPE = 48; // pixels that make a finger's way a swipe
const MOST_ENLARGED = 3; // times its own pixels that a small picture is shown whole

/** @param {{ told: Told, sources: string[], reason: (source: string) => Promise<string | null>, several: boolean, view: View, onView: (view: View) => void, onSwipe: (step: number) => void, children?: any }} props */
export function Pane({ told, sources, reason, several, view, onView, onSwipe, children }) {
  const stage = useRef(/** @type {HTMLElement | null} */ (null));
  const [room, setRoom] = useState({ width: 1, height: 1 });
  const [natural, setNatural] = useState({ width: 0, height: 0, of: "" });
  const [faults, setFaults] = useState(/** @type {Record<string, string>} */ ({}));
  const source = sources.find((each) => faults[each] === undefined) ?? sources[0];
  useLayoutEffect(() => {
    const element = /** @type {HTMLElement} */ (stage.current);
    const observer = new ResizeObserver(() => setRoom({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => setFaults({}), [told.name]); // a picture that was not read yet has its name now

  /** @param {any} event */
  const loaded = (event) => setNatural({ width: event.target.naturalWidth, height: event.target.naturalHeight, of: source });
  /** @param {WheelEvent} event */
  const wheel = (event) => {
    event.preventDefault();
    const fit = fitOf(natural, room) * (devicePixelRatio || 1);
    const scale = (view.scale || fit) * (event.deltaY < 0 ? 1.25 : 0.8);
    onView(scale <= fit && view.scale ? WHOLE : { ...view, scale: Math.min(NEAREST, Math.max(0.05, scale)) });
  };
  /** @param {PointerEvent} down */
  const press = (down) => {
    if (down.button || !down.isPrimary) return;
    const [startX, startY, start] = [down.clientX, down.clientY, view];
    const [width, height] = [natural.width * perPixel(view), natural.height * perPixel(view)];
    let moved = false, alone = true;
    /** @param {PointerEvent} event */
    const move = (event) => {
      alone &&= event.isPrimary; // else there are two fingers
      if (!event.isPrimary) return;
      moved ||= Math.hypot(event.clientX - startX, event.clientY - startY) > CLICK;
      if (moved && start.scale) onView({ ...start, x: inside(start.x - (event.clientX - startX) / width), y: inside(start.y - (event.clientY - startY) / height) });
    };
    /** @param {PointerEvent} event */
    const up = (event) => {
      if (!event.isPrimary) return;
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", up);
      if (!moved && event.type === "pointerup") clicked(event);
      const [across, upwards] = [event.clientX - startX, event.clientY - startY];
      if (alone && down.pointerType === "touch" && !start.scale && Math.abs(across) > Math.max(SWIPE, 2 * Math.abs(upwards))) onSwipe(-Math.sign(across));
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", up);
  };
  /** To 100 % where the picture was clicked, closer where it is shown larger than that, or back. @param {PointerEvent} event */
  const clicked = (event) => {
    const image = stage.current?.querySelector("img")?.getBoundingClientRect();
    if (view.scale || !image) return onView(WHOLE);
    const fit = fitOf(natural, room) * (devicePixelRatio || 1);
    onView({ scale: fit > 1 ? 2 * fit : 1, x: inside((event.clientX - image.left) / image.width), y: inside((event.clientY - image.top) / image.height) });
  };
  const failed = async () => {
    const why = (await reason(source)) || "This picture cannot be shown.";
    setFaults((before) => ({ ...before, [source]: why }));
  };
  const style = natural.of !== source ? { maxWidth: "100%", maxHeight: "100%" } : view.scale ? placed(view, natural, room) : whole(natural, room);
  return html`<figure class=${`pane${view.scale ? " zoomed" : ""}`}>
    <div class="stage" ref=${stage} onPointerDown=${press} onWheel=${wheel}>
      ${faults[source] === undefined ? html`<img src=${source} alt=${told.name} draggable=${false} onLoad=${loaded} onError=${failed} style=${style} />` : html`<p>${faults[source]}</p>`}
    </div>
    ${several && html`<figcaption><${Named} told=${told} />${children}</figcaption>`}
  </figure>`;
}

/** A long name is cut, and leaves room for rank and score. @param {{ told: Told }} props */
export function Named({ told: { name, caption } }) {
  return html`<span class="named"><span title=${name}>${name}</span> <small>${caption}</small></span>`;
}

/** Pixels of the page for one of the picture where the whole is shown.
 * @param {{ width: number, height: number }} natural @param {{ width: number, height: number }} room */
function fitOf(natural, room) {
  return Math.min(MOST_ENLARGED, room.width / (natural.width || 1), room.height / (natural.height || 1));
}

/** @param {{ width: number, height: number }} natural @param {{ width: number, height: number }} room */
function whole(natural, room) {
  const fit = fitOf(natural, room);
  return { maxWidth: "100%", maxHeight: "100%", width: `${natural.width * fit}px`, height: `${natural.height * fit}px` };
}

/** Pixels of the page for one of the picture. @param {View} view */
function perPixel(view) {
  return view.scale / (devicePixelRatio || 1);
}

/** @param {View} view @param {{ width: number, height: number }} natural @param {{ width: number, height: number }} room */
function placed(view, natural, room) {
  const [width, height] = [natural.width * perPixel(view), natural.height * perPixel(view)];
  return { position: "absolute", left: 0, top: 0, maxWidth: "none", maxHeight: "none", width: `${width}px`, height: `${height}px`,
    transform: `translate(${along(view.x, width, room.width)}px, ${along(view.y, height, room.height)}px)` };
}

/** So that the point at `part` is in the middle, and no edge comes inside. @param {number} part @param {number} length @param {number} room */
function along(part, length, room) {
  return length <= room ? (room - length) / 2 : Math.min(0, Math.max(room - length, room / 2 - part * length));
}

/** @param {number} part */
function inside(part) {
  return Math.min(1, Math.max(0, part));
}
