// A window over the page: the browser's own dialog, which keeps the keys inside and closes by Escape.
import { useLayoutEffect, useRef } from "../vendor/hooks.js";
import { html } from "./html.js";

/** @param {{ name: string, onClose: () => void, kind?: string, children?: any }} props */
export function Window({ name, onClose, kind = "", children }) {
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useLayoutEffect(() => {
    const dialog = /** @type {HTMLDialogElement} */ (element.current);
    const before = document.activeElement;
    if (!dialog.open) dialog.showModal();
    if (kind === "large") dialog.focus(); // not its first button, which Space would press
    dialog.scrollTop = 0; // a browser goes to the first button, which may stand at the end
    return () => {
      dialog.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  /** @param {Event} event */
  const cancelled = (event) => {
    event.preventDefault();
    onClose();
  };
  /** @param {Event} event */
  const clicked = (event) => {
    if (event.target === element.current) onClose();
  };
  return html`<dialog ref=${element} tabindex="-1" aria-label=${name} class=${`window ${kind}`} onCancel=${cancelled} onClick=${clicked}>
    <div class="inside">${children}</div>
  </dialog>`;
}
