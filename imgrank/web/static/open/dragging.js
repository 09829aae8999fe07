// Choosing by dragging a frame over the pictures, with a mouse or a pen; a finger scrolls.
import { touching } from "../shared/layout.js";
import { choose } from "./choosing.js";
import { shownOf } from "./shown.js";
import { now } from "./store.js";

const ENOUGH = 8; // pixels that make a click a drag

/** @param {HTMLElement} frame @param {() => import("../shared/layout.js").Layout | null} layoutNow @returns {() => void} */
export function dragChoosing(frame, layoutNow) {
  /** @type {{ x: number, y: number, before: Set<number>, box: HTMLElement | null } | null} */
  let drag = null;
  const ground = frame.parentElement || frame; // a frame may begin beside the pictures

  /** @param {PointerEvent} event */
  const here = (event) => {
    const corner = frame.getBoundingClientRect();
    return { x: event.clientX - corner.left, y: event.clientY - corner.top };
  };
  /** @param {PointerEvent} event */
  const start = (event) => {
    if (event.pointerType === "touch" || event.button || (event.target instanceof Element && event.target.closest("label, .messages, .empty"))) return;
    drag = { ...here(event), before: event.ctrlKey || event.metaKey || event.shiftKey ? now().chosen : new Set(), box: null };
  };
  /** @param {PointerEvent} event */
  const move = (event) => {
    const layout = layoutNow();
    if (!drag || !layout) return;
    const to = here(event);
    if (!drag.box && Math.hypot(to.x - drag.x, to.y - drag.y) < ENOUGH) return;
    if (!drag.box) {
      drag.box = document.createElement("div");
      drag.box.className = "box";
      frame.append(drag.box);
    }
    event.preventDefault();
    const box = { x: Math.min(drag.x, to.x), y: Math.min(drag.y, to.y), right: Math.max(drag.x, to.x), bottom: Math.max(drag.y, to.y) };
    Object.assign(drag.box.style, { left: `${box.x}px`, top: `${box.y}px`, width: `${box.right - box.x}px`, height: `${box.bottom - box.y}px` });
    const { numbers } = shownOf(now());
    choose([...drag.before, ...touching(box, layout).map((n) => numbers[n])]);
    if (event.clientY > innerHeight - 90) scrollBy(0, 16);
    if (event.clientY < 90) scrollBy(0, -16);
  };
  /** @param {Event} event */
  const end = (event) => {
    if (!drag) return;
    const dragged = drag.box;
    dragged?.remove();
    drag = null;
    if (dragged && event.type === "pointerup") addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", swallow, { capture: true }));
  };
  ground.addEventListener("pointerdown", start);
  addEventListener("pointermove", move);
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
  return () => {
    ground.removeEventListener("pointerdown", start);
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", end);
    removeEventListener("pointercancel", end);
  };
}

/** The click that ends a drag is none. @param {Event} event */
function swallow(event) {
  event.preventDefault();
  event.stopPropagation();
}
