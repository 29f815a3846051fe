"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);
  const body = document.body;
  body.classList.add("js");
  const cards = all("article.finding");
  const entries = new Map(all(".list li").map((li) => [li.dataset.id, li]));
  const form = one("form.filters");
  const labels = new Map(cards.length ? all("[data-decision]", cards[0]).map((b) => [b.dataset.decision, b.textContent]) : []);
  let current = null;

  // What a person decided, by fingerprint: first what the page came with, then what was kept here.
  let decisions = {};
  const known = (entry) => entry && typeof entry === "object" && labels.has(entry.decision);
  function take(data) {
    if (!data || data.schema_version !== "review-1.0" || typeof data.decisions !== "object") return false;
    for (const [print, entry] of Object.entries(data.decisions)) {
      if (known(entry)) decisions[print] = { decision: entry.decision, reason: String(entry.reason ?? ""), note: String(entry.note ?? "") };
    }
    return true;
  }
  take(JSON.parse(one("#review-data").textContent));
  try {
    const kept = localStorage.getItem(body.dataset.storage);
    if (kept) { decisions = {}; take(JSON.parse(kept)); }
  } catch { /* a browser may forbid storage to local files; the page works without */ }

  // An explanation counts once it says which.
  const settled = (entry) => Boolean(entry) && (entry.decision !== "explained" || Boolean(entry.reason));
  function review(all = false) {
    const held = Object.entries(decisions).filter(([, entry]) => all || settled(entry));
    const sorted = Object.fromEntries(held.sort(([a], [b]) => (a < b ? -1 : 1)));
    return { schema_version: "review-1.0", decisions: sorted };
  }
  function keep() {
    try { localStorage.setItem(body.dataset.storage, JSON.stringify(review(true))); } catch { /* as above */ }
  }
  function showDecision(card) {
    const entry = decisions[card.dataset.print];
    for (const button of all("[data-decision]", card)) button.setAttribute("aria-pressed", String(entry?.decision === button.dataset.decision));
    const word = entry ? labels.get(entry.decision) : "", why = entry?.decision === "explained" ? entry.reason || "choose a reason" : "";
    one(".verdict", card).textContent = why ? `${word}: ${why}` : word;
    one(".mark", entries.get(card.id)).textContent = settled(entry) ? word : why;
    one(".decide", card).classList.toggle("made", Boolean(entry));
    const reason = one(".reason", card);
    reason.hidden = entry?.decision !== "explained";
    one("select", reason).value = entry?.reason ?? "";
    const note = one("textarea", card);
    if (note !== document.activeElement) note.value = entry?.note ?? note.value;
    const held = cards.map((c) => decisions[c.dataset.print]).filter(Boolean), done = held.filter(settled).length;
    one(".progress").textContent = `${done} of ${cards.length} decided${held.length > done ? `, ${held.length - done} without a reason` : ""}`;
  }
  function decide(card, decision) {
    const print = card.dataset.print;
    if (!decision || decisions[print]?.decision === decision) delete decisions[print];
    else decisions[print] = { decision, reason: decision === "explained" ? one(".reason select", card).value : "", note: one("textarea", card).value };
    showDecision(card);
    keep();
  }

  function filter() {
    const chosen = (name) => new Set(all(`input[name=${name}]:checked`, form).map((i) => i.value));
    const levels = chosen("level"), categories = chosen("category"), methods = chosen("method");
    const place = form.elements.place.value, state = form.elements.state.value;
    let shown = 0;
    for (const card of cards) {
      const data = card.dataset, entry = decisions[data.print];
      const fits = levels.has(data.level) && categories.has(data.category) && data.methods.split(" ").some((m) => methods.has(m))
        && (!place || JSON.parse(data.places).includes(place))
        && (!state || (state === "open" ? !settled(entry) : state === "new" ? "new" in data : entry?.decision === state));
      card.hidden = entries.get(card.id).hidden = !fits;
      shown += fits;
    }
    one(".showing").textContent = shown === cards.length ? `All ${shown} shown, strongest first` : `${shown} of ${cards.length} shown`;
    one(".nothing").hidden = shown > 0;
  }

  function select(card, scroll = true) {
    if (current) { current.classList.remove("current"); entries.get(current.id).classList.remove("current"); }
    current = card;
    card.classList.add("current");
    const entry = entries.get(card.id), list = entry.closest("nav");
    entry.classList.add("current");
    list.scrollTop = entry.offsetTop - list.offsetTop - list.clientHeight / 3;
    if (scroll) { card.scrollIntoView({ block: "start" }); card.focus({ preventScroll: true }); }
  }
  function step(way) {
    const open = cards.filter((c) => !c.hidden);
    if (!open.length) return;
    const at = open.indexOf(current);
    select(open[at < 0 ? 0 : Math.min(Math.max(at + way, 0), open.length - 1)]);
  }

  // Region B on region A: the pictures of the tiles, used again.
  let beat = 0;
  function compare(card, mode) {
    const stage = one(".stage", card);
    if (!stage) return;
    clearInterval(beat);
    for (const button of all("[data-mode]", card)) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    one(".tiles", card).hidden = mode !== "all";
    stage.hidden = mode === "all";
    const pile = one(".pile", stage), range = one("input", stage), told = one("output", stage);
    pile.replaceChildren();
    pile.classList.remove("off");
    range.hidden = mode !== "slider";
    told.textContent = "";
    if (mode === "all") return;
    const copy = (name) => {
      const image = one(`[data-tile=${name}] img`, card).cloneNode();
      const ratio = image.width / image.height, room = Math.min(860, 520 * ratio);
      image.width = Math.round(Math.max(room, Number(image.getAttribute("width"))));
      image.height = Math.round(image.width / ratio);
      image.loading = "eager";
      image.draggable = false;
      return image;
    };
    if (mode === "difference" || mode === "colour") {
      pile.append(copy(mode));
      told.textContent = one(`[data-tile=${mode}] figcaption`, card).textContent;
      return;
    }
    const over = copy("b");
    over.classList.add("over");
    pile.append(copy("a"), over);
    if (mode === "slider") {
      const seam = document.createElement("div");
      seam.className = "seam";
      pile.append(seam);
      const cut = () => {
        over.style.clipPath = `inset(0 0 0 ${range.value}%)`;
        seam.style.left = `calc(${range.value}% - 1px)`;
        told.textContent = "left: A, right: B";
      };
      range.oninput = cut;
      pile.onpointermove = pile.onpointerdown = (event) => {
        if (!event.buttons || pile.querySelector(".seam") === null) return;
        const box = pile.getBoundingClientRect();
        range.value = String(Math.round((100 * (event.clientX - box.left)) / box.width));
        cut();
      };
      cut();
    } else {
      const turn = () => { pile.classList.toggle("off"); told.textContent = pile.classList.contains("off") ? "A" : "B, laid on A"; };
      turn();
      beat = setInterval(turn, 650);
    }
  }

  function lines(card) {
    const pair = one(".pair", card), layer = pair && one(".lines", pair);
    if (!layer || !card.classList.contains("show-lines")) return;
    const from = pair.getBoundingClientRect();
    const [a, b] = all(".marks", pair).map((svg) => all("circle", svg).map((circle) => {
      const box = circle.getBoundingClientRect();
      return [box.left + box.width / 2 - from.left, box.top + box.height / 2 - from.top];
    }));
    layer.replaceChildren(...a.flatMap((p, i) => ["under", ""].map((name) => {
      const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
      line.setAttribute("class", name);
      ["x1", "y1", "x2", "y2"].forEach((key, n) => line.setAttribute(key, String([...p, ...b[i]][n])));
      return line;
    })));
  }
  function tone(card, on) {
    for (const side of ["a", "b"]) for (const image of all(`.tone-${side}`, card)) image.style.filter = on ? `url(#${card.id}-${side})` : "";
  }

  for (const card of cards) {
    card.addEventListener("click", () => { if (current !== card) select(card, false); });
    for (const button of all("[data-decision]", card)) button.addEventListener("click", () => decide(card, button.dataset.decision));
    for (const button of all("[data-mode]", card)) button.addEventListener("click", () => compare(card, button.dataset.mode));
    one(".reason select", card).addEventListener("change", (event) => {
      const entry = decisions[card.dataset.print];
      if (entry) { entry.reason = event.target.value; showDecision(card); keep(); }
    });
    one("textarea", card).addEventListener("input", (event) => {
      const entry = decisions[card.dataset.print];
      if (entry) { entry.note = event.target.value; keep(); }
    });
    const points = one(".sw-points", card), joined = one(".sw-lines", card);
    one(".sw-outline", card)?.addEventListener("change", (event) => card.classList.toggle("hide-outline", !event.target.checked));
    one(".sw-tone", card)?.addEventListener("change", (event) => tone(card, event.target.checked));
    if (points) {
      const update = () => {
        if (joined.checked) points.checked = true;
        card.classList.toggle("show-points", points.checked);
        card.classList.toggle("show-lines", points.checked && joined.checked);
        lines(card);
      };
      points.addEventListener("change", () => { if (!points.checked) joined.checked = false; update(); });
      joined.addEventListener("change", update);
    }
    showDecision(card);
  }
  if (!cards.length) return;

  form.addEventListener("change", filter);
  filter();
  select(cards[0], false);
  for (const [id, entry] of entries) entry.addEventListener("click", (event) => { event.preventDefault(); select(document.getElementById(id)); });
  addEventListener("resize", () => cards.forEach(lines));
  let opened = [];
  addEventListener("beforeprint", () => {
    for (const image of all("img")) image.loading = "eager";
    opened = all("details.places:not([open])");
    for (const places of opened) places.open = true;
  });
  addEventListener("afterprint", () => { for (const places of opened) places.open = false; });
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("textarea, select, input:not([type=checkbox])")) return;
    const marks = { c: "confirmed", e: "explained", d: "dismissed" };
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (!current || current.hidden) return;
    else if (event.key in marks) { if (decisions[current.dataset.print]?.decision !== marks[event.key]) decide(current, marks[event.key]); }
    else if (event.key === "u") decide(current, null);
    else if (event.key === "f" || event.key === "s") {
      const mode = event.key === "f" ? "flicker" : "slider";
      compare(current, one(`[data-mode=${mode}]`, current)?.getAttribute("aria-pressed") === "true" ? "all" : mode);
      one(".compare", current)?.scrollIntoView({ block: "nearest" });
    } else return;
    event.preventDefault();
  });

  one("button.export").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(review(), null, 2) + "\n"], { type: "application/json" }));
    link.download = "review.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });
  one("input.import").addEventListener("change", async (event) => {
    const file = event.target.files[0];
    let taken = false;
    try { taken = Boolean(file) && take(JSON.parse(await file.text())); } catch { /* told below */ }
    event.target.value = "";
    cards.forEach(showDecision);
    filter();
    if (taken) keep();
    else one(".progress").textContent = "That file is no figecho review.";
  });
})();
