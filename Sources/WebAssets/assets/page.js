// The live part of the page: subscribes to the feed and keeps the list as the server has it.
"use strict";

(() => {
  /**
   * @typedef {{title: string, body: string, topic: string, author: string, published: string, updated: ?string}} Fields
   * @typedef {{model: string, pk: number, fields: ?Fields, event: string, cursor: string}} FeedEvent
   */

  const MAX_ARTICLES = 500;
  const SHORTEST_BACK_OFF = 250;
  const LONGEST_BACK_OFF = 30000;

  const feed = /** @type {HTMLElement} */ (document.getElementById("feed"));
  const status = /** @type {HTMLElement} */ (document.getElementById("status"));
  const news = /** @type {HTMLButtonElement} */ (document.getElementById("news"));
  if (!feed || !status || !news) return;

  showTimes();
  setInterval(showTimes, 30000);
  document.addEventListener("keydown", moveByKey);
  // A page of older articles stays as it is.
  if (feed.dataset.live !== "yes") { status.textContent = "older articles"; return; }

  // ---- The link

  /** Where to resume; snapshots' cursors are none. @type {?string} */
  let resumePoint = feed.dataset.cursor || null;
  /** The newest event that was applied, in the history of `resumePoint`. */
  let newestSeq = resumePoint ? seqOf(resumePoint) : -1;
  /** @type {?WebSocket} */
  let socket = null;
  let attempt = 0;
  let isLive = false;
  let isSnapshotDue = false;
  let pingInterval = 10000;
  let retryFloor = 0;
  let lastFrame = 0;
  /** @type {number|undefined} */
  let retryTimer;
  /** @type {number|undefined} */
  let countdown;
  /** @type {number|undefined} */
  let watch;

  function connect() {
    clearTimeout(retryTimer);
    clearInterval(countdown);
    attempt += 1;
    isLive = false;
    isSnapshotDue = resumePoint === null;
    retryFloor = 0;
    say(attempt > 1 ? `reconnecting (attempt ${attempt})` : "connecting", "trouble");
    const url = new URL("/articles", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    if (resumePoint) url.searchParams.set("since", resumePoint);
    const opened = new WebSocket(url, "articles.v1");
    socket = opened;
    opened.onopen = () => { lastFrame = Date.now(); say("catching up", "trouble"); };
    opened.onmessage = (message) => { if (socket === opened) receive(message.data); };
    opened.onclose = () => { if (socket === opened) closed(); };
    clearInterval(watch);
    watch = setInterval(() => checkLink(opened), 1000);
  }

  /** Nothing for two and a half heartbeats: the link may be dead, whatever the browser thinks. @param {WebSocket} opened */
  function checkLink(opened) {
    if (socket !== opened || opened.readyState !== WebSocket.OPEN) return;
    const silence = Date.now() - lastFrame;
    if (silence > pingInterval * 4) {
      opened.onclose = null;
      opened.close();
      closed();
    } else if (silence > pingInterval * 2.5) {
      say("stale", "trouble");
    }
  }

  function closed() {
    socket = null;
    clearInterval(watch);
    const longest = Math.min(LONGEST_BACK_OFF, SHORTEST_BACK_OFF * 2 ** Math.min(attempt, 16));
    const until = Date.now() + retryFloor + Math.random() * longest;
    const show = () => {
      const seconds = Math.max(0, Math.ceil((until - Date.now()) / 1000));
      say(navigator.onLine === false ? "offline" : `reconnecting in ${seconds} s (attempt ${attempt + 1})`, "trouble");
    };
    if (isLive) attempt = 0;
    isLive = false;
    show();
    countdown = setInterval(show, 1000);
    retryTimer = setTimeout(connect, until - Date.now());
  }

  addEventListener("online", () => { if (!socket) connect(); });
  addEventListener("offline", () => say("offline", "trouble"));
  addEventListener("pageshow", (event) => { if (event.persisted && !socket) connect(); });

  /** @param {string} text */
  function receive(text) {
    lastFrame = Date.now();
    const frame = JSON.parse(text);
    if (Array.isArray(frame)) {
      if (isSnapshotDue) takeSnapshot(frame); else frame.forEach(take);
    } else if (frame.hello) {
      pingInterval = frame.hello.ping_ms;
    } else if (frame.reset) {
      // What was shown may belong to another history: the snapshot that follows replaces it.
      resumePoint = null;
      newestSeq = -1;
      isSnapshotDue = true;
      showGap(frame.reset.reason);
    } else if (frame.live) {
      isLive = true;
      isSnapshotDue = false;
      attempt = 0;
      advance(frame.live.cursor);
      say("live", "live");
    } else if (frame.ping) {
      if (isLive) {
        if (frame.cursor) resumePoint = frame.cursor;
        if (status.textContent !== "live") say("live", "live");
      }
    } else if (frame.bye) {
      retryFloor = frame.bye.retry_ms;
    }
  }

  /** @param {string} cursor */
  function advance(cursor) {
    resumePoint = cursor;
    newestSeq = Math.max(newestSeq, seqOf(cursor));
  }

  /** @param {string} cursor */
  function seqOf(cursor) { return Number(cursor.split("-")[0]); }

  /** @param {string} words @param {string} state */
  function say(words, state) {
    if (status.textContent !== words) status.textContent = words;
    status.dataset.state = state;
  }

  // ---- The list

  /** Articles that wait behind the button while somebody reads further down. @type {HTMLElement[]} */
  let waiting = [];

  /** @param {FeedEvent[]} events */
  function takeSnapshot(events) {
    isSnapshotDue = false;
    for (const event of events) put(event);
  }

  /** @param {FeedEvent} event */
  function take(event) {
    const seq = seqOf(event.cursor);
    if (seq <= newestSeq) return;
    newestSeq = seq;
    if (isLive) resumePoint = event.cursor;
    if (event.event === "deleted") remove(event.pk); else put(event);
  }

  /** @param {FeedEvent} event */
  function put(event) {
    if (!event.fields) return;
    const made = build(event.pk, event.fields);
    const known = document.getElementById(made.id);
    if (known) {
      const hadFocus = known.contains(document.activeElement);
      known.replaceWith(made);
      if (hadFocus) made.focus({ preventScroll: true });
      return;
    }
    const held = waiting.findIndex((article) => article.id === made.id);
    if (held >= 0) { waiting[held] = made; return; }
    // An edit of an article that lies further back than this page does.
    if (event.event === "updated") return;
    document.getElementById("empty")?.remove();
    if (scrollY > 80) {
      waiting.push(made);
      showWaiting();
    } else {
      insert(made);
    }
  }

  /** @param {HTMLElement} article */
  function insert(article) {
    article.classList.add("arrived");
    // Older ones may come late, in a snapshot: the list is by id, newest first.
    const next = [...feed.querySelectorAll("article")].find((other) => idOf(other) < idOf(article));
    feed.insertBefore(article, next && next.previousElementSibling === null ? feed.firstElementChild : next || null);
    const all = feed.querySelectorAll("article");
    for (let index = MAX_ARTICLES; index < all.length; index += 1) all[index].remove();
    number();
  }

  /** @param {Element} article */
  function idOf(article) { return Number(/** @type {HTMLElement} */ (article).dataset.id); }

  /** @param {number} id */
  function remove(id) {
    const gone = document.getElementById(`article-${id}`);
    if (gone) {
      if (gone.contains(document.activeElement)) {
        const neighbour = gone.nextElementSibling || gone.previousElementSibling;
        if (neighbour instanceof HTMLElement) neighbour.focus({ preventScroll: true });
      }
      gone.remove();
      number();
    }
    waiting = waiting.filter((article) => idOf(article) !== id);
    showWaiting();
  }

  function showWaiting() {
    news.hidden = waiting.length === 0;
    news.textContent = `${waiting.length} new`;
  }

  news.addEventListener("click", () => {
    for (const article of waiting) insert(article);
    waiting = [];
    showWaiting();
    scrollTo({ top: 0 });
    feed.querySelector("article")?.focus({ preventScroll: true });
  });

  function number() {
    feed.querySelectorAll("article").forEach((article, index, all) => {
      article.setAttribute("aria-posinset", String(index + 1));
      article.setAttribute("aria-setsize", String(all.length));
    });
  }

  /** @param {string} reason */
  function showGap(reason) {
    const line = document.createElement("p");
    line.className = "gap";
    line.textContent = reason === "forked"
      ? "The server's history was replaced here; articles may be missing."
      : "Articles may be missing here; what came next is no longer kept.";
    feed.prepend(line);
  }

  /** Text only: nothing in an article is ever markup. @param {number} id @param {Fields} fields */
  function build(id, fields) {
    const article = element("article", "", "");
    article.id = `article-${id}`;
    article.dataset.id = String(id);
    article.tabIndex = 0;
    article.setAttribute("aria-labelledby", `title-${id}`);

    const meta = element("p", "meta", "");
    const time = document.createElement("time");
    time.dateTime = fields.published;
    time.title = fields.published;
    const author = element("span", "author", fields.author);
    author.dir = "auto";
    meta.append(element("span", "id", String(id)), " ", element("span", "topic", fields.topic), " ", time, " ", author);
    if (fields.updated) {
      const edited = element("span", "edited", "edited");
      edited.title = fields.updated;
      meta.append(" ", edited);
    }

    const heading = element("h2", "", "");
    heading.id = `title-${id}`;
    heading.dir = "auto";
    const link = document.createElement("a");
    link.href = `/articles/${id}`;
    link.textContent = fields.title;
    heading.append(link);

    const body = element("div", "body", fields.body);
    body.dir = "auto";
    article.append(meta, heading, body);
    showTime(time);
    return article;
  }

  /** @param {string} name @param {string} className @param {string} text */
  function element(name, className, text) {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.textContent = text;
    return made;
  }

  // ---- Times and keys

  function showTimes() { document.querySelectorAll("time").forEach(showTime); }

  /** @param {HTMLTimeElement} time */
  function showTime(time) {
    const age = (Date.now() - Date.parse(time.dateTime)) / 1000;
    time.textContent = age < 45 ? "just now"
      : age < 3600 ? `${Math.round(age / 60)} min ago`
      : age < 86400 ? `${Math.round(age / 3600)} h ago`
      : time.dateTime.slice(0, 10);
  }

  /** @param {KeyboardEvent} event */
  function moveByKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || (event.key !== "j" && event.key !== "k")) return;
    const articles = /** @type {HTMLElement[]} */ ([...feed.querySelectorAll("article")]);
    const current = articles.findIndex((article) => article.contains(document.activeElement));
    const next = articles[current < 0 ? 0 : current + (event.key === "j" ? 1 : -1)];
    if (next) next.focus();
  }

  number();
  connect();
})();
