// @ts-check

// The connection to the feed: resumes where it was after any loss.

import { base } from "./page-base.js";
import { overEvents, overWebSocket } from "./page-transport.js";

/**
 * @typedef {import("./page-base.js").FeedEvent} FeedEvent
 * @typedef {import("./page-base.js").Condition} Condition
 */

/**
 * Who is told. `moved` tells that there is nothing between the last event and the cursor; `reset`, that there may be
 * anything: the list must be loaded anew, and goes on at the cursor. `gaveUp`: nothing more will come.
 *
 * @typedef {{events(events: FeedEvent[]): void, moved(cursor: string): void, reset(reason: string, cursor: string): void,
 *     condition(condition: Condition): void, gaveUp(): void}} Listener
 */

const shortestDelay = 250;
const longestDelay = 30_000;
/** How long a connection may take to open, in milliseconds. */
const patience = 10_000;
/** Close codes after which the same would happen again (protocol error, binary, bad UTF-8, refused). */
const finalCodes = new Set([1002, 1003, 1007, 1008]);

export class Feed {
    /**
     * @param {number} pingInterval milliseconds between heartbeats
     * @param {Listener} listener
     */
    constructor(pingInterval, listener) {
        this.pingInterval = pingInterval;
        this.listener = listener;
        this.cursor = "";
        /** @type {import("./page-transport.js").Line | null} */
        this.line = null;
        this.isOpen = false;
        this.attempt = 0;
        /**
         * When the next attempt is due, or null while there is none to wait for.
         *
         * @type {number | null}
         */
        this.retryAt = null;
        /**
         * Why the place was lost, until the feed is live.
         *
         * @type {string | null}
         */
        this.lost = null;
        /** @type {{reason: string, retry_ms?: number} | null} */
        this.bye = null;
        // By the clock, which goes on while the machine sleeps.
        this.heardAt = 0;
        /** How often the server was there and this way to the feed was not. */
        this.blocked = 0;
        this.dial = overWebSocket;
        /** @type {AbortController | null} */
        this.running = null;
    }

    /** @param {string} cursor what is known already */
    start(cursor) {
        this.cursor = cursor;
        this.attempt = 0;
        const { signal } = (this.running = new AbortController());
        const timer = setInterval(() => this.tick(), 250);
        signal.addEventListener("abort", () => clearInterval(timer));
        addEventListener("online", () => this.networkCame(), { signal });
        addEventListener("offline", () => this.networkWent(), { signal });
        document.addEventListener("visibilitychange", () => document.hidden || this.retryNow(), { signal });
        this.connect();
    }

    stop() {
        this.running?.abort();
        this.running = null;
        this.drop();
    }

    connect() {
        this.drop();
        this.bye = null;
        this.lost = null;
        this.heardAt = Date.now();
        this.tell({ state: this.attempt === 0 ? "connecting" : "reconnecting", attempt: this.attempt });
        try {
            this.line = this.dial(this.cursor, this);
        } catch {
            // The browser does not even try, as a policy may tell it to.
            this.ended(0);
        }
    }

    /** Lets go of the connection without waiting for the other side. */
    drop() {
        this.retryAt = null;
        this.line?.close();
        this.line = null;
        this.isOpen = false;
    }

    // What the connection brings

    opened() {
        this.isOpen = true;
        this.blocked = 0;
        this.heard();
        this.tell({ state: "catching up" });
    }

    heard() {
        this.heardAt = Date.now();
    }

    /** @param {FeedEvent[]} events */
    events(events) {
        if (this.lost !== null || events.length === 0) return;
        this.cursor = events[events.length - 1].cursor;
        this.listener.events(events);
    }

    /** @param {Record<string, any>} message */
    control(message) {
        if (message.hello) {
            this.pingInterval = message.hello.ping_ms;
        } else if (message.reset) {
            this.lost = message.reset.reason;
            this.tell({ state: "catching up" });
        } else if (message.live) {
            this.cursor = message.live.cursor;
            this.attempt = 0;
            if (this.lost !== null) this.listener.reset(this.lost, this.cursor);
            else this.listener.moved(this.cursor);
            this.lost = null;
            this.tell({ state: "live" });
        } else if (message.ping) {
            if (this.lost !== null || !message.cursor) return;
            this.cursor = message.cursor;
            this.listener.moved(this.cursor);
        } else if (message.bye) {
            this.bye = message.bye;
        }
    }

    /** @param {number} code */
    ended(code) {
        if (finalCodes.has(code) && !(code === 1008 && this.bye?.reason === "slow")) {
            if (this.bye?.reason === "revoked") this.giveUp(": you were logged out; reload to log in again");
            else this.giveUp(`: the server ended the feed (${code}); reload to try again`);
            return;
        }
        const wasOpen = this.isOpen;
        this.retry("reconnecting");
        if (!wasOpen) this.findOutWhy();
    }

    // Coming back

    /**
     * Connects again after a while: exponential with full jitter, not before the server asked for.
     *
     * @param {"reconnecting" | "stale"} state
     */
    retry(state) {
        this.drop();
        this.attempt += 1;
        const longest = Math.min(longestDelay, shortestDelay * 2 ** this.attempt);
        this.retryAt = Date.now() + Math.max(shortestDelay, Math.random() * longest) + (this.bye?.retry_ms ?? 0);
        if (!navigator.onLine) this.tell({ state: "offline", note: ": no network" });
        else this.tell({ state, attempt: this.attempt, retryAt: this.retryAt });
    }

    retryNow() {
        if (this.retryAt !== null) this.connect();
        else this.tick();
    }

    tick() {
        const now = Date.now();
        if (this.retryAt !== null) {
            if (now >= this.retryAt) this.connect();
        } else if (this.line && !this.isOpen) {
            if (now - this.heardAt > patience) this.ended(0);
        } else if (this.line && now - this.heardAt > 2.5 * this.pingInterval) {
            this.retry("stale");
        }
    }

    /** A handshake does not tell why it was refused: the login has ended, or the way is blocked; or the server is away. */
    async findOutWhy() {
        const { running } = this;
        const answer = await askForPage();
        if (!answer || running !== this.running) return;
        if (answer.type === "opaqueredirect") this.giveUp(": your login has ended; reload to log in again");
        if (!answer.ok) return;
        this.blocked += 1;
        // Once may be a server that has just come back.
        if (this.blocked < 2) return;
        this.blocked = 0;
        this.dial = this.dial === overWebSocket ? overEvents : overWebSocket;
        this.retryNow();
    }

    networkCame() {
        if (this.retryAt === null) return;
        this.attempt = 0;
        this.connect();
    }

    /** The browser says that there is no network; a server on this machine is there without one. */
    async networkWent() {
        const { running } = this;
        if (await askForPage()) return;
        if (running === this.running && !navigator.onLine) this.retry("reconnecting");
    }

    /**
     * Does not try again by itself.
     *
     * @param {string} note
     */
    giveUp(note) {
        this.stop();
        this.tell({ state: "offline", note });
        this.listener.gaveUp();
    }

    /** @param {Condition} condition */
    tell(condition) {
        this.listener.condition(condition);
    }
}

/** The first page's answer without the page; null if there is none. */
async function askForPage() {
    try {
        return await fetch(base, {
            method: "HEAD",
            headers: { Accept: "text/html" },
            cache: "no-store",
            redirect: "manual",
            signal: AbortSignal.timeout(patience),
        });
    } catch {
        return null;
    }
}
