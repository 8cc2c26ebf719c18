// What the page does beyond being read: it filters, folds, and takes keys. Without this all of it can be read as well.
(() => {
  "use strict";

  const one = (id) => document.getElementById(id);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const articles = all("article");
  const persons = all("details.persona");
  const keys = one("keys");

  // Each persona with what it can be found by, and the links to it.
  const links = Map.groupBy(all(".index li"), (item) => item.firstElementChild.hash.slice(1));
  const entries = articles.map((article) => ({
    article,
    items: links.get(article.id) ?? [],
    text: all(".key, .name, .file, .path, .who code, .alike code", article)
      .map((element) => element.textContent)
      .join("\n")
      .toLowerCase(),
  }));

  const filter = () => {
    const words = one("query").value.toLowerCase().split(/\s+/).filter(Boolean);
    let hits = 0;
    for (const { article, items, text } of entries) {
      const fits = words.every((word) => text.includes(word));
      hits += fits ? items.length : 0;
      for (const element of [article, ...items]) element.hidden = !fits;
    }
    for (const section of all(".index section, .group:not(.keep)")) {
      section.hidden = !section.querySelector(":scope > article:not([hidden]), :scope > ul > li:not([hidden])");
    }
    const total = all(".index li").length;
    one("hits").textContent = words.length ? `${hits} of ${total} personas` : "";
    one("none").hidden = hits > 0;
    // What is left may stand above what was in sight.
    if (one("plan").getBoundingClientRect().top < 0) one("plan").scrollIntoView();
  };

  const fold = (open) => {
    for (const details of persons) details.open = open;
  };

  // From the persona that has the focus, or else from the one that stands at the top, to another one.
  const go = (step) => {
    const shown = articles.filter((article) => !article.hidden);
    const current = document.activeElement.closest("article");
    const below = shown.findIndex((article) => article.getBoundingClientRect().bottom > 1);
    const here = current ? shown.indexOf(current) : below - (step > 0 ? 1 : 0);
    const next = shown[Math.min(Math.max(here + step, 0), shown.length - 1)];
    next?.scrollIntoView();
    next?.querySelector("summary").focus({ preventScroll: true });
  };

  const copy = async () => {
    const id = one("plan-id");
    getSelection().selectAllChildren(id);
    try {
      await navigator.clipboard.writeText(id.textContent);
      one("copy").textContent = "Copied";
    } catch {
      one("copy").textContent = "Selected";
    }
  };

  const actions = {
    "/": () => {
      if (one("index-open")) one("index-open").checked = true;
      one("query")?.focus();
    },
    "?": () => keys.showModal(),
    j: () => go(1),
    k: () => go(-1),
    e: () => fold(true),
    c: () => fold(false),
    s: () => one(one("view-inline").checked ? "view-beside" : "view-inline").click(),
  };

  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches("input[type=search]");
    if (isTyping && event.key === "Escape") {
      event.target.value = "";
      filter();
      event.target.blur();
    }
    if (isTyping || keys.open || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    actions[event.key]();
  });

  // A link to a persona opens it, and folds the index away where that covers the page.
  addEventListener("hashchange", () => {
    const details = one(location.hash.slice(1))?.querySelector("details.persona");
    if (details) details.open = true;
    if (one("index-open")) one("index-open").checked = false;
  });

  // The index says where the page stands.
  const mark = (article, isHere) => {
    for (const item of links.get(article.id) ?? []) {
      const link = item.firstElementChild;
      if (isHere) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  const sight = new IntersectionObserver(
    (seen) => seen.forEach(({ target, isIntersecting }) => mark(target, isIntersecting)),
    { rootMargin: "-8% 0px -80% 0px" },
  );
  for (const article of articles) sight.observe(article);

  // What is printed is printed whole.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("details:not([open])");
    for (const details of folded) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of folded) details.open = false;
  });

  one("query")?.addEventListener("input", filter);
  one("expand")?.addEventListener("click", () => fold(true));
  one("collapse")?.addEventListener("click", () => fold(false));
  one("help").addEventListener("click", () => keys.showModal());
  one("copy").addEventListener("click", copy);
  for (const id of ["help", "copy", "search", "folds"]) {
    if (one(id)) one(id).hidden = false;
  }
})();
