
// Lets a reader search, filter, sort and open the list of pairs. Without it the whole list stands
// open; nothing on the page is made from text that this script puts together as HTML.
"use strict";
(() => {
  const table = document.getElementById("pair-table");
  if (!table) return;
  const byId = (id) => document.getElementById(id);
  const search = byId("search"), only = byId("only"), hits = byId("hits");
  const clear = byId("clear"), openAll = byId("open-all");
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  // Swedish order on the English page too: Å, Ä and Ö come last, as in every list at hand.
  const order = new Intl.Collator("sv", { numeric: true });
  const text = (cell) => cell.textContent.replace(/\s+/g, " ").trim();

  const rows = [...table.tBodies].map((body) => {
    const cells = [...body.rows[0].cells];
    return {
      body,
      why: body.rows[1],
      button: body.querySelector(".toggle button"),
      departments: [text(cells[1]), text(cells[3])],
      found: fold(cells.slice(0, 4).map(text).join(" ")),
      keys: cells.map((cell) => cell.dataset.value ?? text(cell)),
    };
  });

  // Who is looked for may be among those without a pair, further down.
  const alone = [...document.querySelectorAll("#unmatched tbody tr")].map((row) => ({
    name: text(row.querySelector(".name")),
    who: fold(text(row.cells[0])),
    found: fold(text(row.cells[0]) + " " + text(row.cells[1])),
  }));

  function namesAlone(words) {
    return alone
      .filter((person) => words.every((word) => person.found.includes(word)) &&
        words.some((word) => person.who.includes(word)))
      .map((person) => person.name);
  }

  function open(row, yes) {
    row.why.hidden = !yes;
    row.button.setAttribute("aria-expanded", String(yes));
  }

  function shown() {
    return rows.filter((row) => !row.body.hidden);
  }

  function nameOpenAll() {
    const all = shown().every((row) => !row.why.hidden);
    openAll.textContent = all ? openAll.dataset.close : openAll.dataset.open;
    return all;
  }

  function filter() {
    const words = fold(search.value).split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const fits = words.every((word) => row.found.includes(word)) &&
        (!only.value || row.departments.includes(only.value));
      row.body.hidden = !fits;
      count += fits;
    }
    const sentence = count === 0 ? "none" : count === 1 ? "one" : "many";
    hits.textContent = hits.dataset[sentence]
      .replace("{count}", count).replace("{total}", rows.length);
    const names = namesAlone(words);
    if (names.length) {
      const told = names.slice(0, 5).join(", ") + (names.length > 5 ? " …" : "");
      hits.textContent += " " + hits.dataset.alone.replace("{names}", () => told);
    }
    clear.hidden = count === rows.length;
    openAll.disabled = count === 0;
    if (count) nameOpenAll();
  }

  function sort(heading, column) {
    const down = heading.getAttribute("aria-sort") === "ascending";
    const sign = down ? -1 : 1;
    const numbers = heading.dataset.sort === "number";
    rows.sort((a, b) => sign * (numbers
      ? a.keys[column] - b.keys[column]
      : order.compare(a.keys[column], b.keys[column])));
    table.append(...rows.map((row) => row.body));
    for (const other of table.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  }

  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    if (!heading.dataset.sort) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => sort(heading, column));
  });
  for (const row of rows) {
    row.button.hidden = false;
    open(row, false);
    row.button.addEventListener("click", () => {
      open(row, row.why.hidden);
      nameOpenAll();
    });
  }
  openAll.addEventListener("click", () => {
    const yes = !nameOpenAll();
    for (const row of shown()) open(row, yes);
    nameOpenAll();
  });
  search.addEventListener("input", filter);
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    search.value = "";
    filter();
  });
  only.addEventListener("change", filter);
  clear.addEventListener("click", () => {
    search.value = only.value = "";
    filter();
    search.focus();
  });
  byId("controls").hidden = false;
  filter();
})();
