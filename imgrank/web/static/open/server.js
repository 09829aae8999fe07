// Talks to imgrank on this machine. What it refuses arrives as an Error whose message is a sentence for the user.

export const GONE = "imgrank open does not answer. Start it again in the terminal; nothing that was done is lost.";

/** @param {string} path @returns {Promise<any>} */
export function get(path) {
  return receive(fetch(path));
}

/** @param {string} path @param {object} body @returns {Promise<any>} */
export function post(path, body) {
  return receive(send(path, body));
}

/** @param {string} path @param {object} body @returns {Promise<Blob>} */
export async function fetchBlob(path, body) {
  const response = await orGone(send(path, body));
  if (!response.ok) throw new Error(await refusalOf(response));
  return response.blob();
}

/** Why there is no answer, as the server says it. @param {Response} response @returns {Promise<string>} */
export async function refusalOf(response) {
  const text = (await response.text()).trim();
  const isJson = response.headers.get("Content-Type") === "application/json";
  return (isJson ? JSON.parse(text).error : text) || `imgrank open refused (${response.status}).`;
}

/** @param {unknown} error */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {string} path @param {object} body */
function send(path, body) {
  return fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

/** @param {Promise<Response>} request */
async function receive(request) {
  const response = await orGone(request);
  if (!response.ok) throw new Error(await refusalOf(response));
  return response.json();
}

/** @param {Promise<Response>} request */
async function orGone(request) {
  try {
    return await request;
  } catch {
    throw new Error(GONE);
  }
}
