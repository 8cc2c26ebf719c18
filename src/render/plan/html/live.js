// What the live page does beyond the report: it follows what is served, and keeps what its reader has set.
(() => {
  "use strict";

  const one = (id) => document.getElementById(id);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const text = (element) => element.textContent;
  const meta = (page, name) => page.querySelector(`meta[${name}]`).content;

  // The number of a persona on the page may become another one's: what is kept goes by its key and the field. An article
  // that tells of several personas has several keys.
  const keys = (article) => all("bdi.key", article).map(text);
  const path = (field) => text(field.querySelector(".path"));
  const names = (details) => {
    const field = details.closest(".field");
    const article = details.closest("article");
    const rest = [field ? path(field) : "", details.className];
    return (article ? keys(article) : [""]).map((key) => [key, ...rest].join("\n"));
  };
  const label = (element) =>
    element.matches("summary")
      ? names(element.parentElement)[0]
      : element.id || element.querySelector("bdi")?.textContent || element.getAttribute("href");

  // What the reader has folded and unfolded, and chosen, also of what the page does not hold at the time.
  const folds = new Map();
  const choices = new Map();
  let given = new Map();

  const note = () => {
    for (const [details, open] of given) {
      for (const name of names(details)) {
        if (details.open === open) folds.delete(name);
        else folds.set(name, details.open);
      }
    }
    for (const input of all("input")) choices.set(input.id, [input.checked, input.value]);
  };

  const restore = () => {
    for (const details of given.keys()) {
      const name = names(details).find((name) => folds.has(name));
      if (name !== undefined) details.open = folds.get(name);
    }
    for (const input of all("input")) {
      if (choices.has(input.id)) [input.checked, input.value] = choices.get(input.id);
    }
    if (one("query")?.value) one("query").dispatchEvent(new Event("input"));
  };

  const look = () => {
    given = new Map(all("details").map((details) => [details, details.open]));
  };

  // What stands at the top: the field, its persona, the personas below, those above. The first of them that is there again
  // is put where it was; how high its surroundings are may show only once they are drawn.
  const stand = () => {
    const top = (element) => element.getBoundingClientRect().top;
    const edge = one("live").offsetHeight;
    const isBelow = (element) => element.getBoundingClientRect().bottom > edge;
    const height = scrollY;
    const index = document.querySelector(".index .body")?.scrollTop;
    const shown = all("article:not([hidden])");
    const first = height > 0 ? shown.findIndex(isBelow) : -1;
    const fields = first < 0 ? [] : all(".field", shown[first]).filter(isBelow);
    const marks = first < 0 ? [] : [...shown.slice(first), ...shown.slice(0, first).reverse()];
    const places = [
      ...fields.map((field) => ({ keys: keys(shown[first]), path: path(field), top: top(field) })),
      ...marks.map((article) => ({ keys: keys(article), top: top(article) })),
    ];

    return () => {
      const homes = new Map(all("article").flatMap((article) => keys(article).map((key) => [key, article])));
      const find = (place) => {
        const article = homes.get(place.keys.find((key) => homes.has(key)));
        const element = place.path && article ? all(".field", article).find((field) => path(field) === place.path) : article;
        return element?.checkVisibility() ? { element, top: place.top } : undefined;
      };
      let found;
      for (const place of places) if ((found = find(place))) break;
      const settle = (turns) => {
        if (found) scrollBy(0, top(found.element) - found.top);
        else scrollTo(0, height);
        if (turns > 0) requestAnimationFrame(() => settle(turns - 1));
      };
      if (index) document.querySelector(".index .body")?.scrollTo(0, index);
      settle(found ? 3 : 0);
    };
  };

  const hold = () => {
    const element = document.activeElement;
    if (!element || element === document.body) return () => {};
    const name = label(element);
    const { selectionStart, selectionEnd } = element;
    return () => {
      const again = all("summary, a, button, input, main").find((other) => label(other) === name);
      again?.focus({ preventScroll: true });
      if (again?.id === "query") again.setSelectionRange(selectionStart, selectionEnd);
    };
  };

  // What says something else than before is marked, and so is the way to it.
  const compare = () => {
    const told = new Map(all("article").flatMap((article) => keys(article).map((key) => [key, text(article)])));
    return () => {
      const links = Map.groupBy(all(".index li"), (item) => item.firstElementChild.hash.slice(1));
      const isNew = (article) => keys(article).some((key) => told.get(key) !== text(article));
      const fresh = all("article")
        .filter(isNew)
        .flatMap((article) => [article, ...(links.get(article.id) ?? [])]);
      for (const element of fresh) element.classList.add("fresh");
      // What is hidden and shown again later is no longer new.
      setTimeout(() => {
        for (const element of fresh) element.classList.remove("fresh");
      }, 3000);
    };
  };

  // Puts another report in the place of this one, and runs its script anew.
  let report = new AbortController();
  const swap = (next) => {
    note();
    const again = [compare(), stand(), hold()];
    const isHelping = one("keys")?.open;
    report.abort();
    report = new AbortController();
    while (one("live").nextSibling) one("live").nextSibling.remove();
    const strip = next.getElementById("live");
    while (strip.nextSibling) document.body.append(strip.nextSibling);
    look();
    const script = document.querySelector("body > script");
    if (script) {
      const running = document.createElement("script");
      running.textContent = text(script);
      script.replaceWith(running);
    }
    restore();
    if (isHelping) one("keys")?.showModal();
    for (const put of again) put();
    document.title = next.title;
    one("news").textContent = next.title;
  };

  let version;
  const fetchPage = async () => {
    const answer = await fetch("/");
    if (!answer.ok) throw new Error(answer.status);
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    // Another program serves the page, with another script.
    if (meta(next, "http-equiv") !== meta(document, "http-equiv")) return location.reload();
    version = meta(next, "name=version");
    swap(next);
  };

  // A window that is not seen does not follow: browsers have few connections for all windows of a site together.
  let source;
  let latest;
  let turn = Promise.resolve();
  const follow = () => {
    source?.close();
    if (document.hidden) return;
    source = new EventSource("/events");
    source.onopen = () => {
      one("lost").hidden = true;
    };
    source.onerror = (event) => {
      one("lost").hidden = false;
      if (event.target.readyState === EventSource.CLOSED) setTimeout(follow, 2000);
    };
    source.onmessage = ({ data }) => {
      const told = JSON.parse(data);
      const current = (latest = String(told.version));
      one("notice").textContent = told.notice ?? "";
      one("notice").hidden = !told.notice;
      turn = turn
        .then(() => (current === latest && current !== version ? fetchPage() : undefined))
        .catch(() => setTimeout(follow, 2000));
    };
  };

  addEventListener("DOMContentLoaded", () => {
    version = meta(document, "name=version");
    look();
    const measure = () => document.documentElement.style.setProperty("--told", `${one("live").offsetHeight}px`);
    new ResizeObserver(measure).observe(one("live"));
    follow();
  });
  document.addEventListener("visibilitychange", follow);

  // From here on, what is heard on the window and the document is heard by the report's script, and ends with the report.
  const listen = EventTarget.prototype.addEventListener;
  for (const target of [window, document]) {
    target.addEventListener = (kind, hear, options) =>
      listen.call(target, kind, hear, { ...options, signal: report.signal });
  }
})();
