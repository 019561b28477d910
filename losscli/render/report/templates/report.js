"use strict";
for (const table of document.querySelectorAll("table")) {
  const body = table.tBodies[0];
  if (body.rows.length < 2 || body.querySelector("[colspan]")) continue;
  const value = (row, at) => {
    const cell = row.cells[at];
    if (!cell) return "";
    const text = cell.textContent.trim();
    const number = parseFloat((cell.dataset.v ?? text).replace(/[,\[]/g, ""));
    return Number.isNaN(number) ? text : number;
  };
  const compare = (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    if (typeof a === "number") return -1;
    if (typeof b === "number") return 1;
    return a.localeCompare(b, undefined, { numeric: true });
  };
  for (const head of table.tHead.querySelectorAll("th")) {
    const button = document.createElement("button");
    button.type = "button";
    head.dataset.title = head.textContent; // for print
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.querySelectorAll("th")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const at = head.cellIndex;
      const rows = [...body.rows].sort((x, y) => compare(value(x, at), value(y, at)));
      body.append(...(down ? rows.reverse() : rows));
    });
  }
}
for (const event of ["beforeprint"])
  addEventListener(event, () => {
    for (const each of document.querySelectorAll("details")) each.open = true;
  });
