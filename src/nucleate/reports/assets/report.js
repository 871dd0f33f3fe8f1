"use strict";
// Charts answer to pointer, touch and arrow keys: the values of all curves at one place, read from the marks' own labels.
// Without this script the page lacks nothing: the same numbers are in the table below each figure.
for (const figure of document.querySelectorAll("figure.chart")) {
  const tip = document.createElement("div");
  const rule = document.createElement("div");
  tip.className = "tip";
  rule.className = "rule";
  tip.setAttribute("role", "status");
  tip.hidden = rule.hidden = true;
  figure.append(rule, tip);

  // Marks of the drawing that is visible now, gathered into columns of one horizontal place.
  const columns = (drawing) => {
    const origin = figure.getBoundingClientRect();
    const found = new Map();
    for (const mark of drawing.querySelectorAll(".mark-symbol.role-mark [aria-label]")) {
      const box = mark.getBoundingClientRect();
      const [place, told] = split(mark.getAttribute("aria-label"));
      if (!found.has(place)) found.set(place, { place, told: [], x: box.left + box.width / 2 - origin.left });
      found.get(place).told.push(told);
    }
    return [...found.values()].sort((a, b) => a.x - b.x);
  };
  const split = (label) => {
    const dash = label.indexOf(" — ");
    return [label.slice(0, dash), label.slice(dash + 3)];
  };

  const show = (drawing, column) => {
    const heading = document.createElement("b");
    heading.textContent = column.place;
    tip.replaceChildren(heading, ...column.told.map((text) => Object.assign(document.createElement("span"), { textContent: text })));
    tip.hidden = rule.hidden = false;
    rule.style.left = `${column.x}px`;
    rule.style.top = `${drawing.offsetTop}px`;
    rule.style.height = `${drawing.offsetHeight}px`;
    const right = column.x + 14 + tip.offsetWidth > figure.clientWidth;
    tip.style.left = `${Math.max(0, right ? column.x - 14 - tip.offsetWidth : column.x + 14)}px`;
    tip.style.top = `${drawing.offsetTop + 40}px`;
  };
  const hide = () => { tip.hidden = rule.hidden = true; };

  for (const drawing of figure.querySelectorAll(".wide, .narrow")) {
    let at = -1;
    drawing.tabIndex = 0;
    drawing.setAttribute("role", "group");
    drawing.setAttribute("aria-label", "Chart; arrow keys go from layer to layer");
    drawing.addEventListener("pointermove", (event) => {
      const x = event.clientX - figure.getBoundingClientRect().left;
      const all = columns(drawing);
      if (!all.length) return;
      at = all.reduce((best, column, place) => (Math.abs(column.x - x) < Math.abs(all[best].x - x) ? place : best), 0);
      show(drawing, all[at]);
    });
    drawing.addEventListener("pointerleave", hide);
    drawing.addEventListener("blur", hide);
    drawing.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (event.key === "Escape") hide();
      if (!step) return;
      event.preventDefault();
      const all = columns(drawing);
      at = Math.min(all.length - 1, Math.max(0, at + step));
      if (all.length) show(drawing, all[at]);
    });
  }
}

// Cells of a dense heat map show no number: the pointer reads it.
for (const cell of document.querySelectorAll("table.dense td")) {
  const layer = cell.closest("table").tHead.rows[0].cells[cell.cellIndex];
  if (cell.textContent && layer) cell.title = `${cell.parentNode.cells[0].textContent}, ${layer.textContent}: ${cell.textContent}`;
}
