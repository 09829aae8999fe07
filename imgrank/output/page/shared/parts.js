// Small things that two pages do alike: the one that `imgrank open` serves, and the single file that `sort --page` writes.

/** A score as people read it, never -0. @param {number} score @param {number} decimals @param {string | null} [unit] */
export function written(score, decimals, unit) {
  const text = score.toFixed(decimals);
  return `${Number(text) === 0 ? text.replace("-", "") : text}${unit ? ` ${unit}` : ""}`;
}

/** Whether the cut leaves out all of one bar of a histogram, of `count` between two scores.
 * @param {number} bar @param {number} count @param {number} low @param {number} high @param {number | null} least */
export function isCut(bar, count, low, high, least) {
  return least !== null && low + ((bar + 1) * (high - low)) / count <= least;
}

/** Whether a name is meant by what was typed to filter names. @param {string} name @param {string} typed */
export function isNamed(name, typed) {
  return name.toLowerCase().includes(typed.trim().toLowerCase());
}

/** Copy a text; where a browser refuses, mark it where it stands. Says what was done.
 * @param {string} text @param {Element | null} element */
export async function toClipboard(text, element) {
  try {
    await navigator.clipboard.writeText(text);
    return "copied";
  } catch {
    if (element) getSelection()?.selectAllChildren(element);
    return "selected: copy it now";
  }
}
