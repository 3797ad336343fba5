// @ts-check

/**
 * What the modules of the page agree on.
 *
 * @typedef {{title: string, body: string, topic: string, author: string, published: string, updated: string | null}} Fields
 * @typedef {{pk: number, fields: Fields | null, event: "created" | "updated" | "deleted", cursor: string}} FeedEvent
 * @typedef {Fields & {id: number}} Article
 *
 * How the feed is. The moment of the next attempt is in milliseconds since 1970.
 * @typedef {{state: "connecting" | "catching up" | "live" | "reconnecting" | "stale" | "offline",
 *     note?: string, attempt?: number, retryAt?: number}} Condition
 */

/** Where the daemon's paths begin: behind a proxy that may be below the root. */
export const base = new URL("..", import.meta.url);

/**
 * Where in the feed a cursor is. To other clients cursors are opaque; the page comes from the daemon that writes them.
 *
 * @param {string} cursor
 */
export const place = (cursor) => Number.parseInt(cursor, 10);

/**
 * An element that the page can't be without.
 *
 * @template {HTMLElement} E
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {E}
 */
export function part(root, selector) {
    const element = root.querySelector(selector);
    if (!(element instanceof HTMLElement)) throw new Error(`The page lacks ${selector}`);
    return /** @type {E} */ (element);
}

/** What a browser remembers of its user's wishes; nothing where it is told to forget. */
export const wishes = {
    /** @param {string} name */
    get(name) {
        try {
            return localStorage.getItem(`articles-${name}`);
        } catch {
            return null;
        }
    },
    /**
     * @param {string} name
     * @param {string} value
     */
    set(name, value) {
        try {
            localStorage.setItem(`articles-${name}`, value);
        } catch {
            // It holds as long as the page is open.
        }
    },
};
