// @ts-check

// The list, kept as the feed says.

import { fill, gapLine, makeEntry, refreshTimes, topicPage } from "./page-article.js";
import { base, part } from "./page-base.js";

/**
 * @typedef {import("./page-base.js").Fields} Fields
 * @typedef {import("./page-base.js").FeedEvent} FeedEvent
 * @typedef {import("./page-base.js").Article} Article
 */

/**
 * Lower case for ASCII only, as the server searches.
 *
 * @param {string} text
 */
const lower = (text) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

export class List {
    static maxEntries = 500;
    static maxTopics = 12;

    /**
     * @param {HTMLElement} main
     * @param {(text: string) => void} say tells those who do not see
     */
    constructor(main, say) {
        this.main = main;
        this.say = say;
        this.feed = part(main, "#feed");
        this.empty = part(main, "#empty");
        /** @type {HTMLAnchorElement} */
        this.older = part(main, "#older");
        /** @type {HTMLButtonElement} */
        this.button = part(document, "#waiting");
        this.topicBar = part(document, "#topics");
        this.title = document.title;
        this.pageSize = Number(main.dataset.pageSize);
        /** Older pages only count what is new: it belongs elsewhere. */
        this.isNewest = main.dataset.view === "newest";
        this.topics = (main.dataset.topics ?? "").split(" ").filter(Boolean);
        this.search = lower(main.dataset.search ?? "");
        /**
         * Entries in the list, by id.
         *
         * @type {Map<number, HTMLElement>}
         */
        this.entries = new Map();
        /**
         * Articles that wait for the reader, oldest first.
         *
         * @type {Map<number, Fields>}
         */
        this.waiting = new Map();
        /** How many more have come since than can wait here. */
        this.skipped = 0;
        /**
         * What came while older articles were on their way.
         *
         * @type {FeedEvent[] | null}
         */
        this.meanwhile = null;
        for (const entry of this.feed.querySelectorAll("article")) this.entries.set(Number(entry.dataset.id), entry);
        /** Where the reader is. */
        this.offset = 0;
        this.isAtTop = true;
        this.isNumbering = false;
        this.scrolled();
        this.number();
        addEventListener("scroll", () => this.scrolled(), { passive: true });
        this.button.addEventListener("click", () => this.showNewest());
        this.older.addEventListener("click", (event) => {
            if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
            event.preventDefault();
            this.loadOlder();
        });
        this.feed.addEventListener("animationend", (event) => {
            const entry = event.target instanceof Element && event.target.closest(".arriving");
            if (entry && event.animationName === "mark") entry.classList.remove("arriving");
        });
    }

    /** @param {boolean} value */
    busy(value) {
        this.feed.setAttribute("aria-busy", String(value));
    }

    /**
     * Whether an article belongs here.
     *
     * @param {Fields} fields
     */
    matches({ topic, title, body }) {
        if (this.topics.length > 0 && !this.topics.includes(topic)) return false;
        return lower(title).includes(this.search) || lower(body).includes(this.search);
    }

    /**
     * @param {FeedEvent} event
     * @returns {boolean} whether the article is new here
     */
    apply(event) {
        const { pk, fields } = event;
        this.meanwhile?.push(event);
        if (fields) this.noteTopic(fields.topic);
        if (!fields || !this.matches(fields)) {
            this.remove(pk);
            return false;
        }
        const entry = this.entries.get(pk);
        if (entry) fill(entry, fields);
        else if (this.waiting.has(pk)) this.waiting.set(pk, fields);
        else if (event.event === "created" || this.hasComeIn(pk)) return this.add(pk, fields);
        return false;
    }

    /**
     * An edit has made it fit, and it does not lie on an older page.
     *
     * @param {number} id
     */
    hasComeIn(id) {
        const isFiltered = this.topics.length > 0 || this.search !== "";
        return isFiltered && this.isNewest && (this.older.hidden || id > this.oldest());
    }

    /**
     * @param {number} id
     * @param {Fields} fields
     * @returns {true}
     */
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
        return true;
    }

    /**
     * Puts an entry in its place: the list is ordered by id, newest first.
     *
     * @param {number} id
     * @param {Fields} fields
     */
    insert(id, fields) {
        const entry = makeEntry(id, fields);
        let next = this.feed.querySelector("article");
        while (next && Number(next.dataset.id) > id) next = /** @type {HTMLElement | null} */ (nextEntry(next));
        this.feed.insertBefore(entry, next);
        this.entries.set(id, entry);
        this.empty.hidden = true;
        this.number();
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
        this.number();
    }

    /** Says to screen readers which of how many each entry is, once for all that changes together. */
    number() {
        if (this.isNumbering) return;
        this.isNumbering = true;
        queueMicrotask(() => {
            this.isNumbering = false;
            // A feed without articles is none (WAI-ARIA 1.2, feed).
            this.feed.setAttribute("role", this.entries.size > 0 ? "feed" : "group");
            // With older articles behind the last nobody knows how many there are.
            const size = String(this.older.hidden ? this.entries.size : -1);
            for (const [index, entry] of [...this.feed.querySelectorAll("article")].entries()) {
                entry.setAttribute("aria-posinset", String(index + 1));
                entry.setAttribute("aria-setsize", size);
            }
        });
    }

    /**
     * A topic that the bar does not have yet.
     *
     * @param {string} topic
     */
    noteTopic(topic) {
        const links = [...this.topicBar.querySelectorAll("a")];
        // The first one leads to all.
        if (links.length > List.maxTopics || links.some((link) => link.textContent === topic)) return;
        const link = document.createElement("a");
        link.href = topicPage(topic);
        link.textContent = topic;
        const item = document.createElement("li");
        item.append(link);
        this.topicBar.append(item);
    }

    // Older articles

    oldest() {
        const last = this.feed.querySelector(":scope > article:last-of-type");
        return last instanceof HTMLElement ? Number(last.dataset.id) : 0;
    }

    /** Appends the next page, as the server renders it. */
    async loadOlder() {
        if (this.meanwhile) return;
        this.meanwhile = [];
        const label = "Older articles";
        this.older.textContent = "Loading older articles …";
        try {
            const answer = await fetch(this.older.href, { headers: { Accept: "text/html" } });
            if (!answer.ok) throw new Error(String(answer.status));
            const page = new DOMParser().parseFromString(await answer.text(), "text/html");
            const older = page.querySelector("#older");
            if (!older) throw new Error("this is another page, to log in");
            const entries = [...page.querySelectorAll("#feed > article")].map((entry) => document.importNode(entry, true));
            for (const entry of /** @type {HTMLElement[]} */ (entries)) {
                const id = Number(entry.dataset.id);
                if (this.entries.has(id)) continue;
                this.feed.append(entry);
                this.entries.set(id, entry);
            }
            this.older.href = older.getAttribute("href") ?? "";
            this.older.hidden = older.hasAttribute("hidden");
            this.older.textContent = label;
            refreshTimes(this.feed);
            this.number();
            this.say(`${entries.length} older articles`);
            /** @type {HTMLElement | undefined} */ (entries[0])?.focus({ preventScroll: true });
        } catch {
            this.older.textContent = `${label}: they could not be loaded; try again`;
        }
        // An edit or a deletion may have come before what it changes.
        const missed = this.meanwhile;
        this.meanwhile = null;
        for (const event of missed) if (event.event !== "created") this.apply(event);
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
        const url = new URL(base);
        for (const topic of this.topics) url.searchParams.append("topic", topic);
        if (this.main.dataset.search) url.searchParams.set("q", this.main.dataset.search);
        url.searchParams.set("before", String(this.oldest()));
        this.older.href = url.href;
        this.older.hidden = false;
    }

    // After a gap

    /**
     * The list as the server has it now, newest first.
     *
     * @returns {Promise<Article[]>}
     */
    async load() {
        const url = new URL("api/articles/", base);
        for (const topic of this.topics) url.searchParams.append("topic", topic);
        if (this.main.dataset.search) url.searchParams.set("q", this.main.dataset.search);
        url.searchParams.set("limit", String(this.pageSize));
        const answer = await fetch(url, { headers: { Accept: "application/json" }, cache: "no-store" });
        if (!answer.ok) throw new Error(String(answer.status));
        return (await answer.json()).results;
    }

    /**
     * The list becomes what was loaded, with a line below what the reader has not seen before it.
     *
     * Entries that stay are not moved, so that neither focus nor place is lost.
     *
     * @param {string} reason
     * @param {Article[] | null} articles newest first; null if they could not be loaded
     */
    refill(reason, articles) {
        this.waiting.clear();
        this.skipped = 0;
        this.showWaiting();
        for (const line of this.feed.querySelectorAll(".gap")) line.remove();
        if (!this.isNewest || !articles) {
            this.feed.prepend(gapLine(reason, "Reload the page to see it as it is now."));
            return;
        }
        const newestSeen = Math.max(0, ...this.entries.keys());
        const kept = new Map(articles.map(({ id, ...fields }) => [id, fields]));
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
        if (articles.length >= this.pageSize) this.linkOlder();
        else this.older.hidden = true;
        this.empty.hidden = this.entries.size > 0;
    }

    // What is new while the reader is elsewhere

    showWaiting() {
        const count = this.waiting.size + this.skipped;
        const text = `${count} new`;
        if (count > 0 && this.button.textContent !== text) this.say(`${text} ${count === 1 ? "article" : "articles"}`);
        this.button.hidden = count === 0;
        this.button.textContent = text;
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
            const link = this.main.querySelector(".trail a");
            if (link instanceof HTMLAnchorElement) location.assign(link.href);
            return;
        }
        this.insertWaiting();
        this.feed.querySelector("article")?.focus({ preventScroll: true });
        const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
        window.scrollTo({ top: 0, behavior: isCalm ? "instant" : "smooth" });
    }

    // Walking

    /**
     * The entry that the reader is at.
     *
     * @returns {HTMLElement | null}
     */
    current() {
        const entry = document.activeElement?.closest("#feed > article");
        return entry instanceof HTMLElement ? entry : null;
    }

    /** @param {1 | -1} step */
    walk(step) {
        const current = this.current();
        const target = !current
            ? this.feed.querySelector("article")
            : step > 0
              ? nextEntry(current)
              : previousEntry(current);
        if (target instanceof HTMLElement) target.focus();
        else if (step > 0 && current && !this.older.hidden) this.loadOlder();
    }
}

/**
 * @param {Element} entry
 * @returns {HTMLElement | null}
 */
function nextEntry(entry) {
    let next = entry.nextElementSibling;
    while (next && !next.matches("article")) next = next.nextElementSibling;
    return /** @type {HTMLElement | null} */ (next);
}

/**
 * @param {Element} entry
 * @returns {HTMLElement | null}
 */
function previousEntry(entry) {
    let previous = entry.previousElementSibling;
    while (previous && !previous.matches("article")) previous = previous.previousElementSibling;
    return /** @type {HTMLElement | null} */ (previous);
}
