// What a picture's path tells: its name, its folder, its kind of file, and where the name alone tells too little.

/** The last part of a path. @param {string | null | undefined} path */
export function baseName(path) {
  return (path || "").split("/").pop() || "";
}

/** The folder of a picture, below the one that is open; empty there. @param {string | null | undefined} path */
export function folderOf(path) {
  return (path || "").split("/").slice(0, -1).join("/");
}

/** The ending of a picture's file, one word for each format. @param {string | null | undefined} path */
export function kindOf(path) {
  const ending = ((path || "").match(/\.([^.\\/]+)$/) || ["", ""])[1].toLowerCase();
  return { jpeg: "jpg", tif: "tiff", heif: "heic" }[ending] || ending;
}

/** The folder of a picture whose name others have too; empty where the name is enough. @param {number} number @param {(string | null)[]} paths */
export function folderToTell(number, paths) {
  return namesakes(paths).has(baseName(paths[number])) ? folderOf(paths[number]) : "";
}

/** @type {WeakMap<(string | null)[], Set<string>>} */
const found = new WeakMap();

/** Names of files that several of these pictures have, in different folders. @param {(string | null)[]} paths @returns {Set<string>} */
function namesakes(paths) {
  let several = found.get(paths);
  if (several) return several;
  const once = new Set();
  several = new Set();
  for (const name of paths.filter(Boolean).map(baseName)) (once.has(name) ? several : once).add(name);
  found.set(paths, several);
  return several;
}
