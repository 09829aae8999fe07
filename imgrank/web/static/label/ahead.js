// Pictures of the questions that may come next are loaded while this one is looked at: the next pair is there with the answer.

const OUTCOMES = 4; // an answer each way, about the same, a skip; the likely one first

/** @type {Map<string, HTMLImageElement>} */
let loaded = new Map();
let present = -1;

/** The picture of an address; where it was loaded ahead, that one. @param {string} address */
export function pictureAt(address) {
  const image = loaded.get(address) || imageOf(address);
  loaded.delete(address);
  return image;
}

/** Load what may be asked after this turn. @param {string} base @param {number} turn */
export async function lookAhead(base, turn) {
  const before = loaded;
  [present, loaded] = [turn, new Map()];
  for (let n = 0; n < OUTCOMES && present === turn; n++) {
    for (const { id } of await picturesAfter(`${base}ahead/${turn}/${n}`)) {
      const address = `${base}picture/large/${id}`;
      if (present === turn && !loaded.has(address)) loaded.set(address, before.get(address) || imageOf(address));
    }
  }
}

/** @param {string} address @returns {Promise<{ id: string }[]>} */
async function picturesAfter(address) {
  try {
    const response = await fetch(address);
    return response.ok ? (await response.json()).pictures : [];
  } catch {
    return []; // what went wrong is said when the answer comes
  }
}

/** @param {string} address */
function imageOf(address) {
  const image = new Image();
  image.src = address;
  return image;
}
