"use strict";
const byId = (id) => document.getElementById(id);
const pictures = [...document.querySelectorAll("#sheet a")];
const cells = pictures.map((picture) => picture.closest("li"));
const names = cells.map((cell) => cell.querySelector(".name").textContent);
const scores = cells.map((cell) => Number(cell.dataset.score));
const relevant = cells.map((cell) => !("aside" in cell.dataset));
const cut = byId("cut"), filter = byId("filter"), large = byId("large");
const bars = [...document.querySelectorAll("#bars rect")];
let current = 0;

// What is shown

function leastScore() {
  return cut && Number(cut.value) > Number(cut.min) ? written(Number(cut.value), Number(cut.dataset.decimals)) : null;
}

function refresh() {
  const least = leastScore(), wanted = filter.value.trim();
  let passed = 0, shown = 0;
  cells.forEach((cell, n) => {
    const passes = least === null || (relevant[n] && scores[n] >= Number(least));
    cell.hidden = !passes || !isNamed(names[n], wanted);
    passed += passes;
    shown += !cell.hidden;
  });
  for (const group of document.querySelectorAll("#sheet section, #sheet ol")) group.hidden = !group.querySelector("li:not([hidden])");
  byId("shown").textContent = `${shown.toLocaleString()} of ${cells.length.toLocaleString()} shown`;
  byId("sheet").classList.toggle("filtered", wanted !== ""); // ragged chunks flow together
  if (cut) showCut(least, passed);
  if (cells[current]?.hidden) makeCurrent(Math.max(0, cells.findIndex((cell) => !cell.hidden)));
}

function showCut(least, passed) {
  const words = least === null ? "no cut: all are kept" : `${least}${cut.dataset.unit} or more: ${passed.toLocaleString()} kept`;
  byId("cut-words").textContent = words;
  cut.setAttribute("aria-valuetext", words);
  const { before, after } = byId("command").dataset;
  byId("command").textContent = before + (least === null ? "" : ` --min-score ${least}`) + after;
  const from = least === null ? null : Number(least);
  bars.forEach((bar, n) => bar.classList.toggle("out", isCut(n, bars.length, Number(cut.min), Number(cut.max), from)));
}

async function copyFrom(command, said) {
  said.textContent = await toClipboard(command.textContent, command);
}

// Moving about

function makeCurrent(n) {
  pictures[current].tabIndex = -1;
  pictures[current = n].tabIndex = 0;
}

function visit(n) {
  makeCurrent(n);
  if (large.open) enlarge(n);
  else pictures[n].focus();
}

function beside(step) {
  let n = current + step;
  while (cells[n]?.hidden) n += step;
  return n in cells ? n : current;
}

function inRow(step) {
  const here = pictures[current].getBoundingClientRect();
  let best = current, bestOff = Infinity, row = null;
  for (let n = current + step; n in cells; n += step) {
    if (cells[n].hidden) continue;
    const there = pictures[n].getBoundingClientRect();
    if (Math.abs(there.top - here.top) < 2) continue;
    row ??= there.top;
    if (Math.abs(there.top - row) >= 2) break;
    const off = Math.abs(there.left - here.left);
    if (off < bestOff) [best, bestOff] = [n, off];
  }
  return best;
}

// One picture, large

function enlarge(n) {
  makeCurrent(n);
  const small = pictures[n].querySelector("img"), big = byId("large-picture");
  big.onerror = () => { big.onerror = null; big.src = small ? small.src : ""; };
  big.src = location.protocol === "file:" && pictures[n].href ? pictures[n].href : small ? small.src : "";
  big.alt = small ? small.alt : "no thumbnail";
  byId("large-name").textContent = cells[n].querySelector(".name").title;
  byId("large-score").textContent = `${cells[n].querySelector(".rank").textContent} · ${cells[n].querySelector(".score").textContent}`;
  byId("original").hidden = !pictures[n].href;
  byId("original").href = pictures[n].href;
  if (byId("why")) showWhy(cells[n]);
  if (!large.open) large.showModal();
}

function showWhy(cell) {
  const { before, after } = byId("why").dataset;
  byId("why").parentElement.hidden = !("word" in cell.dataset);
  byId("why").textContent = before + cell.dataset.word + after;
  byId("copied-why").textContent = "";
}

// Keys and hands

const moves = {
  ArrowLeft: () => beside(-1), ArrowRight: () => beside(1),
  ArrowUp: () => large.open ? beside(-1) : inRow(-1), ArrowDown: () => large.open ? beside(1) : inRow(1),
  Home: () => Math.max(0, cells.findIndex((cell) => !cell.hidden)),
  End: () => Math.max(0, cells.findLastIndex((cell) => !cell.hidden)),
};

function onKey(event) {
  const on = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (on instanceof HTMLInputElement) {
    if (event.key === "Escape" && on === filter) { filter.value = ""; refresh(); visit(current); }
    return;
  }
  if (event.key === "/" && !large.open) { event.preventDefault(); filter.focus(); filter.select(); return; }
  const free = on === document.body || on.closest("#sheet, dialog");
  if (event.key in moves && free) { event.preventDefault(); visit(moves[event.key]()); return; }
  if (event.key === " " && !on.closest("button, summary")) {
    event.preventDefault();
    if (large.open) large.close(); else enlarge(current);
  }
}

document.addEventListener("keydown", onKey);
byId("sheet").addEventListener("click", (event) => {
  const picture = event.target.closest("a");
  if (!picture || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  enlarge(pictures.indexOf(picture));
});
filter.addEventListener("input", refresh);
cut?.addEventListener("input", refresh);
byId("copy")?.addEventListener("click", () => copyFrom(byId("command"), byId("copied")));
byId("copy-why")?.addEventListener("click", () => copyFrom(byId("why"), byId("copied-why")));
byId("before").addEventListener("click", () => visit(beside(-1)));
byId("next").addEventListener("click", () => visit(beside(1)));
large.addEventListener("click", (event) => { if (event.target === large) large.close(); });
large.addEventListener("close", () => pictures[current].focus());
pictures.forEach((picture) => { picture.tabIndex = -1; picture.setAttribute("aria-haspopup", "dialog"); });
for (const part of document.querySelectorAll("#tools, #cutting")) part.hidden = false;
if (pictures.length) makeCurrent(0);
refresh();
