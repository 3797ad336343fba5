// @ts-check

/**
 * The live page: keeps the list that the server rendered up to date through the feed at /articles.
 *
 * Text from the feed reaches the document through textContent only.
 *
 * @typedef {{title: string, body: string, topic: string, author: string, published: string, updated: string | null}} Fields
 * @typedef {{pk: number, fields: Fields | null, event: "created" | "updated" | "deleted", cursor: string}} FeedEvent
 * @typedef {{pk: number, fields: Fields}} Creation
 * @typedef {{look(): void, apply(event: FeedEvent): void, refill(reason: string, snapshot: Creation[]): void, busy(value: boolean): void}} View
 */

// What an article looks like

const excerptLength = 1200;
const excerptLines = 14;

/** The beginning of a long body, cut between words; the server cuts in the same way. @param {string} body */
function excerpt(body) {
    const lines = body.split("\n");
    let text = lines.length > excerptLines ? lines.slice(0, excerptLines).join("\n") : body;
    const characters = Array.from(text.slice(0, 2 * excerptLength + 2));
    if (characters.length > excerptLength) {
        const head = characters.slice(0, excerptLength);
        const space = Math.max(head.lastIndexOf(" "), head.lastIndexOf("\n"));
        text = head.slice(0, space > excerptLength / 2 ? space : excerptLength).join("");
    }
    return text.length < body.length ? { text: text.trimEnd() + " …", isCut: true } : { text: body, isCut: false };
}

/** How long ago, as the server words it. @param {Date} date */
function relativeTime(date) {
    const seconds = Math.floor((Date.now() - date.getTime()) / 1000);
    if (seconds >= -60 && seconds < 60) return "just now";
    if (seconds >= 60 && seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
    if (seconds >= 3600 && seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
    if (seconds >= 86400 && seconds < 172800) return "yesterday";
    if (seconds >= 172800 && seconds < 604800) return `${Math.floor(seconds / 86400)} days ago`;
    return date.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}

/** @param {HTMLTimeElement} element @param {string} moment */
function showTime(element, moment) {
    const date = new Date(moment);
    const relative = relativeTime(date);
    element.dateTime = moment;
    element.title = date.toLocaleString("en-GB", { dateStyle: "full", timeStyle: "long" });
    if (element.textContent !== relative) element.textContent = relative;
}

function refreshTimes() {
    for (const element of document.querySelectorAll("time")) {
        if (element.dateTime) showTime(element, element.dateTime);
    }
}

/** @template {HTMLElement} E @param {ParentNode} root @param {string} selector @returns {E} */
function part(root, selector) {
    const element = root.querySelector(selector);
    if (!(element instanceof HTMLElement)) throw new Error(`The page lacks ${selector}`);
    return /** @type {E} */ (element);
}

/** Writes an article into its element. @param {HTMLElement} element @param {Fields} fields */
function fill(element, fields) {
    part(element, ".title-text").textContent = fields.title;
    part(element, ".topic").textContent = fields.topic;
    part(element, ".author").textContent = fields.author;
    showTime(part(element, ".published"), fields.published);
    part(element, ".edited").hidden = fields.updated === null;
    if (fields.updated !== null) showTime(part(element, ".updated"), fields.updated);
    const more = element.querySelector(".more");
    if (more instanceof HTMLElement) {
        const { text, isCut } = excerpt(fields.body);
        part(element, ".body").textContent = text;
        more.hidden = !isCut;
    } else {
        part(element, ".body").textContent = fields.body;
    }
}

/** Marks the place where the reader may have missed something. @param {string} reason @param {string} remedy */
function gapLine(reason, remedy) {
    const line = document.createElement("p");
    line.className = "gap";
    line.textContent =
        reason === "forked"
            ? `Gap: the server goes on with another history. ${remedy}`
            : `Gap: more happened while the connection was away than the server keeps. ${remedy}`;
    return line;
}

// The list

/** @implements {View} */
class List {
    static maxEntries = 500;

    /** @param {HTMLElement} main */
    constructor(main) {
        this.main = main;
        this.feed = part(main, "#feed");
        this.empty = part(main, "#empty");
        /** @type {HTMLAnchorElement} */
        this.older = part(main, "#older");
        /** @type {HTMLButtonElement} */
        this.button = part(document, "#waiting");
        /** @type {HTMLTemplateElement} */
        this.template = part(document, "template#entry");
        this.title = document.title;
        /** Older pages only count what is new: it belongs elsewhere. */
        this.isNewest = main.dataset.view === "newest";
        /** Entries in the list, by id. @type {Map<number, HTMLElement>} */
        this.entries = new Map();
        /** Articles that wait for the reader, oldest first. @type {Map<number, Fields>} */
        this.waiting = new Map();
        /** How many more have come since than can wait here. */
        this.skipped = 0;
        for (const entry of this.feed.querySelectorAll("article")) this.entries.set(Number(entry.dataset.id), entry);
        this.scrolled();
        addEventListener("scroll", () => this.scrolled(), { passive: true });
        this.button.addEventListener("click", () => this.showNewest());
        this.feed.addEventListener("animationend", (event) => {
            const entry = event.target instanceof Element && event.target.closest(".arriving");
            if (entry && event.animationName === "mark") entry.classList.remove("arriving");
        });
    }

    /** @param {boolean} value */
    busy(value) {
        this.feed.setAttribute("aria-busy", String(value));
    }

    /** @param {FeedEvent} event */
    apply({ pk, fields, event }) {
        if (fields === null || event === "deleted") return this.remove(pk);
        const entry = this.entries.get(pk);
        if (entry) return fill(entry, fields);
        if (this.waiting.has(pk)) this.waiting.set(pk, fields);
        else if (event === "created") this.add(pk, fields);
    }

    /** @param {number} id @param {Fields} fields */
    add(id, fields) {
        if (this.isNewest && this.isAtTop) {
            this.insertAtTop([[id, fields]]);
        } else {
            this.waiting.set(id, fields);
            if (this.waiting.size > List.maxEntries) {
                this.waiting.delete(Math.min(...this.waiting.keys()));
                this.skipped += 1;
            }
            this.showWaiting();
        }
    }

    /** Puts an entry in its place: the list is ordered by id, newest first. @param {number} id @param {Fields} fields */
    insert(id, fields) {
        const entry = /** @type {HTMLElement} */ (part(this.template.content, "article").cloneNode(true));
        entry.id = `article-${id}`;
        entry.dataset.id = String(id);
        entry.setAttribute("aria-labelledby", `title-${id}`);
        part(entry, ".title").id = `title-${id}`;
        for (const link of entry.querySelectorAll("a")) link.href = `/articles/${id}`;
        part(entry, ".more a").setAttribute("aria-describedby", `title-${id}`);
        fill(entry, fields);

        let next = this.feed.querySelector("article");
        while (next && Number(next.dataset.id) > id) next = /** @type {HTMLElement | null} */ (nextEntry(next));
        this.feed.insertBefore(entry, next);
        this.entries.set(id, entry);
        this.empty.hidden = true;
        return entry;
    }

    /** @param {number} id */
    remove(id) {
        if (this.waiting.delete(id)) this.showWaiting();
        const entry = this.entries.get(id);
        if (!entry) return;
        if (entry.contains(document.activeElement)) {
            const neighbour = nextEntry(entry) ?? previousEntry(entry) ?? this.main;
            neighbour.focus({ preventScroll: true });
        }
        entry.remove();
        this.entries.delete(id);
        this.empty.hidden = this.entries.size > 0 || !this.older.hidden;
    }

    /** Keeps the document small; what leaves at the end is behind the link to older articles. */
    trim() {
        let last = this.feed.querySelector(":scope > article:last-of-type");
        while (last instanceof HTMLElement && this.entries.size > List.maxEntries) {
            const previous = previousEntry(last);
            this.entries.delete(Number(last.dataset.id));
            last.remove();
            last = previous;
            this.linkOlder();
        }
    }

    linkOlder() {
        const last = this.feed.querySelector(":scope > article:last-of-type");
        if (!(last instanceof HTMLElement)) return;
        this.older.href = `/?before=${last.dataset.id}`;
        this.older.hidden = false;
    }

    /**
     * After a gap: the list becomes the snapshot, with a line below what the reader has not seen before it.
     *
     * Entries that stay are not moved, so that neither focus nor place is lost.
     *
     * @param {string} reason
     * @param {Creation[]} snapshot oldest first
     */
    refill(reason, snapshot) {
        this.waiting.clear();
        this.skipped = 0;
        this.showWaiting();
        for (const line of this.feed.querySelectorAll(".gap")) line.remove();
        if (!this.isNewest) {
            this.feed.prepend(gapLine(reason, "Reload the page to see it as it is now."));
            return;
        }
        const newestSeen = Math.max(0, ...this.entries.keys());
        const kept = new Map(snapshot.map(({ pk, fields }) => [pk, fields]));
        for (const id of [...this.entries.keys()]) {
            if (!kept.has(id)) this.remove(id);
        }
        for (const [id, fields] of kept) {
            const entry = this.entries.get(id);
            if (entry) fill(entry, fields);
            else this.insert(id, fields);
        }
        const known = [...this.feed.querySelectorAll("article")].find((entry) => Number(entry.dataset.id) <= newestSeen);
        this.feed.insertBefore(gapLine(reason, "The list was loaded anew."), known ?? null);
        if (snapshot.length >= Number(this.main.dataset.pageSize)) this.linkOlder();
        else this.older.hidden = true;
        this.empty.hidden = this.entries.size > 0;
    }

    showWaiting() {
        const count = this.waiting.size + this.skipped;
        this.button.hidden = count === 0;
        this.button.textContent = `${count} new`;
        document.title = count === 0 ? this.title : `(${count}) ${this.title}`;
    }

    /** Notes where the reader is, once a frame: whoever has just scrolled away may not have had the event yet. */
    look() {
        this.offset = window.scrollY;
        this.isAtTop = this.offset < 8;
    }

    scrolled() {
        this.look();
        if (this.isAtTop && this.isNewest) this.insertWaiting();
    }

    insertWaiting() {
        if (this.waiting.size === 0) return;
        // What waits no longer joins on to what is shown.
        if (this.skipped > 0) for (const id of [...this.entries.keys()]) this.remove(id);
        const newest = [...this.waiting];
        this.waiting.clear();
        this.insertAtTop(newest);
        if (this.skipped > 0) this.linkOlder();
        this.skipped = 0;
        this.showWaiting();
    }

    /** @param {[number, Fields][]} articles oldest first */
    insertAtTop(articles) {
        // Otherwise the browser would hold on to what is below, and the news would open out of sight.
        if (this.isAtTop && this.offset > 0) window.scrollTo({ top: 0, behavior: "instant" });
        for (const [id, fields] of articles) this.insert(id, fields).classList.add("arriving");
        this.trim();
    }

    showNewest() {
        if (!this.isNewest) {
            location.assign("/");
            return;
        }
        this.insertWaiting();
        this.feed.querySelector("article")?.focus({ preventScroll: true });
        const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
        window.scrollTo({ top: 0, behavior: isCalm ? "instant" : "smooth" });
    }
}

/** @param {Element} entry @returns {HTMLElement | null} */
function nextEntry(entry) {
    let next = entry.nextElementSibling;
    while (next && !next.matches("article")) next = next.nextElementSibling;
    return /** @type {HTMLElement | null} */ (next);
}

/** @param {Element} entry @returns {HTMLElement | null} */
function previousEntry(entry) {
    let previous = entry.previousElementSibling;
    while (previous && !previous.matches("article")) previous = previous.previousElementSibling;
    return /** @type {HTMLElement | null} */ (previous);
}

/** j and k walk through the entries. @param {KeyboardEvent} event */
function walk(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || (event.key !== "j" && event.key !== "k")) return;
    if (event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]")) return;
    const current = document.activeElement?.closest("#feed > article");
    let target = document.querySelector("#feed > article");
    if (current) target = event.key === "j" ? nextEntry(current) : previousEntry(current);
    if (target instanceof HTMLElement) target.focus();
}

// One article

/** @implements {View} */
class Single {
    /** @param {HTMLElement} main */
    constructor(main) {
        this.main = main;
        this.article = part(main, "article");
        this.id = Number(this.article.dataset.id);
    }

    busy() {}

    look() {}

    /** @param {FeedEvent} event */
    apply({ pk, fields }) {
        if (pk !== this.id) return;
        if (fields) {
            fill(this.article, fields);
            document.title = `\u2068${fields.title}\u2069 · Dynamic Articles`;
        } else {
            this.say("This article was deleted.");
        }
    }

    /** @param {string} reason @param {Creation[]} snapshot */
    refill(reason, snapshot) {
        const now = snapshot.find(({ pk }) => pk === this.id);
        if (now) fill(this.article, now.fields);
        else this.article.before(gapLine(reason, "Reload the page to see the article as it is now."));
    }

    /** @param {string} text */
    say(text) {
        this.main.querySelector(".notice")?.remove();
        const notice = document.createElement("p");
        notice.className = "notice";
        notice.textContent = text;
        this.article.before(notice);
    }
}

// The connection

/** The one status line. @param {HTMLElement} element */
function statusLine(element) {
    const words = document.createTextNode("");
    const seconds = document.createElement("span");
    const detail = document.createTextNode("");
    // The count down is for the eye; a screen reader tells the state when it changes.
    seconds.setAttribute("aria-hidden", "true");
    element.replaceChildren(words, seconds, detail);
    return {
        /** @param {string} state @param {string} [text] @param {string} [more] */
        show(state, text = state, more = "") {
            element.dataset.state = state;
            words.data = text;
            seconds.textContent = "";
            detail.data = more;
        },
        /** @param {number} count */
        countDown(count) {
            const text = ` in ${count} s`;
            if (seconds.textContent !== text) seconds.textContent = text;
        },
    };
}

/** Subscribes to the feed and keeps at it: resumes where it was after any loss of the connection. */
class Feed {
    static shortestDelay = 250;
    static longestDelay = 30_000;
    /** Close codes after which the same would happen again (protocol error, binary, bad UTF-8, refused). */
    static finalCodes = new Set([1002, 1003, 1007, 1008]);

    /**
     * @param {string} cursor what the page already shows
     * @param {number} size articles in a snapshot
     * @param {View} view
     * @param {ReturnType<typeof statusLine>} status
     */
    constructor(cursor, size, view, status) {
        this.cursor = cursor;
        this.size = size;
        this.view = view;
        this.status = status;
        /** @type {WebSocket | null} */
        this.socket = null;
        this.attempt = 0;
        /** When the next attempt is due, or null while there is none to wait for. @type {number | null} */
        this.retryAt = null;
        /** What follows a reset, until the feed is live. @type {{reason: string, articles: Creation[]} | null} */
        this.snapshot = null;
        this.isLive = false;
        /** @type {{reason: string, retry_ms?: number} | null} */
        this.bye = null;
        this.pingInterval = 10_000;
        this.heardAt = 0;
        this.dialledAt = 0;
    }

    start() {
        this.connect();
        setInterval(() => this.tick(), 250);
        addEventListener("online", () => this.retryNow());
        // A connection would keep the page out of the cache for going back.
        addEventListener("pagehide", () => this.drop());
        addEventListener("pageshow", (event) => event.persisted && this.connect());
    }

    connect() {
        this.drop();
        this.bye = null;
        this.dialledAt = performance.now();
        this.heardAt = this.dialledAt;
        if (this.attempt === 0) this.status.show("connecting");
        else this.status.show("reconnecting", "reconnecting", ` (attempt ${this.attempt})`);
        const address = new URL("/articles", location.href);
        address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
        address.search = String(new URLSearchParams({ since: this.cursor, last: String(this.size) }));
        const socket = new WebSocket(address.href, "articles.v1");
        socket.onopen = () => this.catchUp();
        socket.onmessage = (message) => this.receive(message.data);
        socket.onclose = (close) => this.closed(close.code);
        this.socket = socket;
    }

    /** Lets go of the connection without waiting for the other side. */
    drop() {
        this.retryAt = null;
        if (!this.socket) return;
        this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
        this.socket.close();
        this.socket = null;
        this.snapshot = null;
        this.isLive = false;
    }

    catchUp() {
        this.isLive = false;
        this.view.busy(true);
        this.status.show("catching up");
    }

    /** @param {string} text */
    receive(text) {
        this.heardAt = performance.now();
        let frame;
        try {
            frame = JSON.parse(text);
        } catch {
            this.retry("reconnecting", "reconnecting");
            return;
        }
        this.view.look();
        if (Array.isArray(frame)) for (const event of frame) this.receiveEvent(event);
        else this.receiveControl(frame);
    }

    /** @param {FeedEvent} event */
    receiveEvent(event) {
        // The cursors of a snapshot are no places to resume from.
        if (this.snapshot) {
            if (event.fields) this.snapshot.articles.push({ pk: event.pk, fields: event.fields });
            return;
        }
        this.view.apply(event);
        this.cursor = event.cursor;
    }

    /** @param {Record<string, any>} control */
    receiveControl(control) {
        if (control.hello) {
            this.pingInterval = control.hello.ping_ms;
        } else if (control.reset) {
            this.catchUp();
            this.snapshot = { reason: control.reset.reason, articles: [] };
        } else if (control.live) {
            if (this.snapshot) this.view.refill(this.snapshot.reason, this.snapshot.articles);
            this.snapshot = null;
            this.cursor = control.live.cursor;
            this.attempt = 0;
            this.isLive = true;
            this.view.busy(false);
            this.status.show("live");
        } else if (control.ping) {
            if (!this.snapshot && control.cursor) this.cursor = control.cursor;
        } else if (control.bye) {
            this.bye = control.bye;
        }
    }

    /** @param {number} code */
    closed(code) {
        if (Feed.finalCodes.has(code) && !(code === 1008 && this.bye?.reason === "slow")) {
            if (this.bye?.reason === "revoked") this.stop(": you were logged out; reload to log in again");
            else this.stop(`: the server ended the feed (${code}); reload to try again`);
        } else {
            const wasRefused = !this.isLive && this.heardAt === this.dialledAt;
            this.retry("reconnecting", "reconnecting");
            if (wasRefused) this.checkLogin();
        }
    }

    /** Does not try again by itself. @param {string} why */
    stop(why) {
        this.drop();
        this.view.busy(false);
        this.status.show("offline", "offline", why);
    }

    /** A handshake does not tell why it was refused; where reading needs a login that has ended, the page does. */
    async checkLogin() {
        try {
            const answer = await fetch(location.href, {
                method: "HEAD",
                headers: { Accept: "text/html" },
                redirect: "manual",
            });
            if (answer.type === "opaqueredirect") this.stop(": your login has ended; reload to log in again");
        } catch {
            // The server is away: the retries go on.
        }
    }

    /** Connects again after a while: exponential with full jitter, not before the server asked for. @param {string} state @param {string} words */
    retry(state, words) {
        this.drop();
        this.view.busy(false);
        this.attempt += 1;
        const longest = Math.min(Feed.longestDelay, Feed.shortestDelay * 2 ** this.attempt);
        const delay = Math.max(Feed.shortestDelay, Math.random() * longest) + (this.bye?.retry_ms ?? 0);
        this.retryAt = performance.now() + delay;
        this.status.show(state, words, ` (attempt ${this.attempt})`);
        this.tick();
    }

    retryNow() {
        if (this.retryAt !== null) this.connect();
    }

    tick() {
        const now = performance.now();
        if (this.retryAt !== null) {
            if (now >= this.retryAt) this.connect();
            else this.status.countDown(Math.ceil((this.retryAt - now) / 1000));
        } else if (this.socket && now - this.heardAt > 2.5 * this.pingInterval) {
            this.retry("stale", "stale, reconnecting");
        }
    }
}

const main = document.querySelector("main[data-cursor]");
if (main instanceof HTMLElement) {
    const view = main.dataset.view === "article" ? new Single(main) : new List(main);
    const size = Number(main.dataset.pageSize ?? 1);
    const status = statusLine(part(document, "#status"));
    refreshTimes();
    setInterval(refreshTimes, 30_000);
    addEventListener("keydown", walk);
    new Feed(main.dataset.cursor ?? "", size, view, status).start();
}
