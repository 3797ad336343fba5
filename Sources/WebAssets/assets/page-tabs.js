// @ts-check

// Several tabs share one connection: browsers allow few to a host. One tab has it, and passes on what comes.

import { place } from "./page-base.js";
import { Feed } from "./page-feed.js";
import { overEvents } from "./page-transport.js";

/**
 * @typedef {import("./page-base.js").FeedEvent} FeedEvent
 * @typedef {import("./page-base.js").Condition} Condition
 *
 * What tabs say to each other: what the feed brought, how it is, where it is; and who has just come asks for that.
 * @typedef {{events?: FeedEvent[], reset?: string, cursor?: string, condition?: Condition, isHidden?: boolean,
 *     ask?: boolean}} Message
 */

/** How long the tab that has the connection may take to answer another one, in milliseconds. */
const answerTime = 3000;

export class SharedFeed {
    /**
     * @param {string} name of the connection: tabs that say it share one
     * @param {string} cursor what the page already shows
     * @param {number} pingInterval
     * @param {{events(events: FeedEvent[]): void, reset(reason: string): void, condition(condition: Condition): void}} listener
     */
    constructor(name, cursor, pingInterval, listener) {
        this.name = name;
        this.cursor = cursor;
        this.pingInterval = pingInterval;
        this.listener = listener;
        /** @type {Condition} */
        this.condition = { state: "connecting" };
        this.feed = new Feed(pingInterval, {
            events: (events) => {
                this.say({ events });
                this.take(events);
            },
            moved: (cursor) => {
                this.say({ cursor });
                this.cursor = cursor;
            },
            reset: (reason, cursor) => {
                this.say({ reset: reason, cursor });
                this.start(reason, cursor);
            },
            condition: (condition) => {
                this.condition = condition;
                this.announce();
                listener.condition(condition);
            },
            gaveUp: () => this.leave(),
        });
        this.hasConnection = false;
        /** @type {BroadcastChannel | null} */
        this.channel = null;
        /** Gives the connection up. */
        this.release = () => {};
        /**
         * The wait for it.
         *
         * @type {AbortController | null}
         */
        this.waiting = null;
        this.heardAt = 0;
        this.saidAt = 0;
        /**
         * Fetches what this tab alone has missed.
         *
         * @type {import("./page-transport.js").Line | null}
         */
        this.fetching = null;
        /**
         * What comes meanwhile.
         *
         * @type {FeedEvent[]}
         */
        this.held = [];
    }

    /** From now until the page is left. */
    run() {
        this.join();
        document.addEventListener("visibilitychange", () => this.ask());
        // A connection would keep the page out of the cache for going back.
        addEventListener("pagehide", () => this.leave());
        addEventListener("pageshow", (event) => event.persisted && this.join());
        setInterval(() => this.tick(), 500);
    }

    join() {
        // Only pages that came over TLS, or from this machine, have locks.
        if (!navigator.locks || !("BroadcastChannel" in window)) {
            this.lead();
            return;
        }
        this.channel = new BroadcastChannel(this.name);
        this.channel.onmessage = ({ data }) => this.hear(data);
        this.wait();
        this.ask();
    }

    leave() {
        this.waiting?.abort();
        this.yield();
        this.fetching?.close();
        this.fetching = null;
        this.held = [];
        this.channel?.close();
        this.channel = null;
    }

    // Who has the connection

    /**
     * Waits until no other tab has it.
     *
     * @param {boolean} takesOver or takes it away
     */
    wait(takesOver = false) {
        this.waiting?.abort();
        const { signal } = (this.waiting = new AbortController());
        const held = () => {
            if (signal.aborted) return undefined;
            this.lead();
            return /** @type {Promise<void>} */ (new Promise((resolve) => (this.release = resolve)));
        };
        const request = takesOver
            ? navigator.locks.request(this.name, { steal: true }, held)
            : navigator.locks.request(this.name, { signal }, held);
        request.catch(() => {
            // Another tab has taken it, which somebody looks at.
            if (signal.aborted || !this.channel) return;
            this.yield();
            this.wait();
            this.ask();
        });
    }

    lead() {
        this.fetching?.close();
        this.fetching = null;
        this.held = [];
        this.hasConnection = true;
        this.feed.start(this.cursor);
    }

    yield() {
        if (!this.hasConnection) return;
        this.hasConnection = false;
        this.feed.stop();
        this.release();
    }

    tick() {
        if (!this.channel) return;
        const now = Date.now();
        if (this.hasConnection) {
            if (now - this.saidAt > this.pingInterval) this.announce();
        } else if (!document.hidden && now - this.heardAt > 2.5 * this.pingInterval + answerTime) {
            this.wait(true);
        }
    }

    /** The tab that is looked at finds out how the feed is, and who has it. */
    ask() {
        if (this.hasConnection) {
            this.announce();
        } else if (!document.hidden) {
            this.heardAt = Date.now() - 2.5 * this.pingInterval;
            this.say({ ask: true });
        }
    }

    // What tabs say

    /** @param {Message} message */
    say(message) {
        this.saidAt = Date.now();
        this.channel?.postMessage(message);
    }

    announce() {
        if (!this.hasConnection) return;
        this.say({ condition: this.condition, cursor: this.cursor, isHidden: document.hidden });
    }

    /** @param {Message} message */
    hear(message) {
        if (message.ask) this.announce();
        if (message.ask || this.hasConnection) return;
        this.heardAt = Date.now();
        if (message.condition) {
            this.condition = message.condition;
            this.listener.condition(message.condition);
        }
        if (message.events) this.take(message.events);
        else if (message.reset && message.cursor) this.start(message.reset, message.cursor);
        else if (message.cursor && place(message.cursor) > place(this.cursor)) this.fetch();
        // Browsers slow hidden tabs down: the connection belongs to one that is seen.
        if (message.isHidden && !document.hidden) this.wait(true);
    }

    // What the feed brings

    /** @param {FeedEvent[]} events */
    take(events) {
        if (this.fetching) {
            this.held.push(...events);
            return;
        }
        const news = events.filter(({ cursor }) => place(cursor) > place(this.cursor));
        if (news.length === 0) return;
        // Events are numbered without gaps. What came before this tab listened is missing.
        if (!this.hasConnection && place(news[0].cursor) > place(this.cursor) + 1) {
            this.fetch();
            return;
        }
        this.cursor = news[news.length - 1].cursor;
        this.listener.events(news);
    }

    /**
     * Begins anew at a cursor, after a gap.
     *
     * @param {string} reason
     * @param {string} cursor
     */
    start(reason, cursor) {
        this.cursor = cursor;
        this.listener.reset(reason);
    }

    /** Gets what the other tab had before this one listened. */
    fetch() {
        if (this.fetching) return;
        /** @type {FeedEvent[]} */
        const found = [];
        /** @type {string | null} */
        let lost = null;
        /** @param {string | null} end the place where it ended, or null if it broke off */
        const finish = (end) => {
            line.close();
            this.fetching = null;
            const { held } = this;
            this.held = [];
            // The next message of the other tab tries again.
            if (end === null) return;
            if (lost !== null) this.start(lost, end);
            else this.take(found);
            this.take(held);
        };
        const line = overEvents(
            this.cursor,
            {
                opened() {},
                heard() {},
                events: (events) => found.push(...events),
                control: (message) => {
                    if (message.reset) lost = message.reset.reason;
                    else if (message.live) finish(message.live.cursor);
                },
                ended: () => finish(null),
            },
            false,
        );
        this.fetching = line;
    }
}
