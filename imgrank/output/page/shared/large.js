// One picture enlarged, or two to four side by side; zoom and place are the same in all of them.
import { useEffect, useLayoutEffect, useRef, useState } from "../vendor/hooks.js";
import { html } from "./html.js";
import { Named, NEAREST, Pane, WHOLE } from "./pane.js";
import { Window } from "./window.js";

/** @typedef {{ scale: number, x: number, y: number }} View scale 0 is the whole picture, else pixels of the screen for one of it
 * @typedef {{ name: string, caption: string }} Told
 * @typedef {{ kind: string, name: string, key: string, off: boolean, show: (number: number) => any }} Aside */

/** `sources` are the addresses of a picture, the first that can be shown counts; `ahead` is what is looked at next, `beside` the
 * kind of the aside that is open, or nothing; `under` stands below each of several; `start` is the view to begin with.
 * @param {{ look: number[], told: (number: number) => Told, sources: (number: number, zoomed: boolean) => string[], reason: (source: string) => Promise<string | null>,
 *   ahead: string[], asides: Aside[], beside: string, onBeside: (kind: string) => void, keys: Record<string, () => void>, onStep: (step: number) => void, onClose: () => void, under?: (number: number) => any, start?: View, onView?: (view: View) => void, children?: any }} props */
export function Large({ look, told, sources, reason, ahead, asides, beside, onBeside, keys: more, onStep, onClose, under, start = WHOLE, onView, children }) {
  const [view, setView] = useState(start);
  const alone = look.length === 1;
  const viewed = useRef(look.join());
  useLayoutEffect(() => { // before the next key, as below
    if (viewed.current !== look.join()) setView(WHOLE);
    viewed.current = look.join();
  }, [look.join()]);
  useEffect(() => onView?.(view), [view]);

  const zoom = () => setView((before) => (before.scale ? WHOLE : { scale: 1, x: 0.5, y: 0.5 }));
  /** @param {string} kind */
  const turn = (kind) => onBeside(beside === kind ? "" : kind);
  const keys = useRef(/** @type {Record<string, () => void>} */ ({}));
  keys.current = {
    ArrowRight: () => onStep(1), ArrowLeft: () => onStep(-1), ArrowDown: () => onStep(1), ArrowUp: () => onStep(-1), z: zoom, " ": onClose,
    "+": () => setView((before) => ({ ...before, scale: Math.min(NEAREST, (before.scale || 0.5) * 2) })), "-": () => setView((before) => ({ ...before, scale: before.scale > 0.3 ? before.scale / 2 : 0 })),
    ...Object.fromEntries(asides.map(({ key, kind, off }) => [key, () => off || turn(kind)])), ...more,
  };
  useLayoutEffect(() => { // before the next key, which a busy machine would lose
    /** @param {KeyboardEvent} event */
    const onKey = (event) => {
      const act = keys.current[event.key];
      if (event.key.startsWith("Arrow") && event.target instanceof HTMLElement && event.target.matches("aside")) return; // which they scroll
      if (!act || event.ctrlKey || event.metaKey || event.altKey || (event.key === " " && event.target instanceof HTMLButtonElement)) return;
      event.preventDefault();
      act();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  const open = asides.find(({ kind, off }) => kind === beside && !off);
  return html`<${Window} name=${alone ? "Enlarged" : "Side by side"} kind="large" onClose=${onClose}>
    <div class=${`panes of${look.length}`}>${look.map((number) => html`<${Pane} key=${alone ? "one" : number} told=${told(number)} sources=${sources(number, view.scale > 0)}
      reason=${reason} several=${!alone} view=${view} onView=${setView} onSwipe=${(/** @type {number} */ step) => alone && onStep(step)}>${!alone && under && html`<span class="judged" onClick=${afterClick}>${under(number)}</span>`}<//>`)}
      ${open && html`<aside class=${open.kind} tabindex="0" aria-label=${open.name}>${look.map((number) => open.show(number))}</aside>`}
    </div>
    <div class="bar" onClick=${afterClick}>
      ${alone && html`<button onClick=${() => onStep(-1)} aria-label="Previous picture">←</button><button onClick=${() => onStep(1)} aria-label="Next picture">→</button>`}
      ${alone && html`<${Named} told=${told(look[0])} />`}
      <span class="between"></span>
      <button onClick=${zoom} aria-pressed=${view.scale > 0}>${view.scale ? "Whole picture" : "100 %"}</button>
      ${asides.map(({ kind, name, off }) => html`<button key=${kind} onClick=${() => turn(kind)} aria-pressed=${beside === kind} disabled=${off}>${name}</button>`)}
      ${children}
      <button onClick=${onClose}>Close</button>
    </div>
    ${ahead.map((source) => html`<img key=${source} class="ahead" src=${source} alt="" />`)}
  <//>`;
}

/** A button that was pressed by mouse or touch gives the keys back: Space closes then, and does not press it again.
 * @param {MouseEvent} event */
function afterClick({ detail, currentTarget }) {
  if (detail && currentTarget instanceof Element) currentTarget.closest("dialog")?.focus();
}
