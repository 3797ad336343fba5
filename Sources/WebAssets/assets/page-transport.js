// @ts-check

// The two ways to the feed. Both bring the same events and control messages.

import { base } from "./page-base.js";

/** @typedef {import("./page-base.js").FeedEvent} FeedEvent */

/**
 * What a connection brings; nothing after it was closed by this side. `ended` has the close code of a WebSocket, or 0.
 *
 * @typedef {{opened(): void, heard(): void, events(events: FeedEvent[]): void, control(message: Record<string, any>): void,
 *     ended(code: number): void}} Sink
 * @typedef {{close(): void}} Line
 */

/**
 * @param {string} path
 * @param {Record<string, string>} query
 */
function address(path, query) {
    const url = new URL(path, base);
    url.search = String(new URLSearchParams(query));
    return url;
}

/**
 * @param {string} cursor where to go on
 * @param {Sink} sink
 * @returns {Line}
 */
export function overWebSocket(cursor, sink) {
    const url = address("articles", { since: cursor, last: "0" });
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url.href, "articles.v1");
    function close() {
        socket.onopen = socket.onmessage = socket.onclose = null;
        socket.close();
    }
    socket.onopen = () => sink.opened();
    socket.onmessage = ({ data }) => {
        sink.heard();
        let message;
        try {
            message = JSON.parse(data);
        } catch {
            close();
            return sink.ended(0);
        }
        if (Array.isArray(message)) sink.events(message);
        else sink.control(message);
    };
    socket.onclose = ({ code }) => sink.ended(code);
    return { close };
}

/**
 * Server-sent events. Read by hand, for EventSource hides heartbeats, and why it was refused.
 *
 * @param {string} cursor where to go on
 * @param {Sink} sink
 * @param {boolean} follow false ends it when everything that was missed has come
 * @returns {Line}
 */
export function overEvents(cursor, sink, follow = true) {
    const abort = new AbortController();
    const isClosed = () => abort.signal.aborted;

    async function read() {
        const answer = await fetch(address("events", { since: cursor, last: "0", follow: String(follow) }), {
            headers: { Accept: "text/event-stream" },
            cache: "no-store",
            redirect: "error",
            signal: abort.signal,
        });
        if (!answer.ok || !answer.body) throw new Error(`refused: ${answer.status}`);
        sink.opened();
        const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        let rest = "";
        for (;;) {
            const { done, value } = await reader.read();
            if (done || isClosed()) return;
            sink.heard();
            const blocks = (rest + value).split("\n\n");
            rest = blocks.pop() ?? "";
            for (const block of blocks) if (!isClosed()) take(block);
        }
    }

    /**
     * One event (WHATWG HTML section 9.2.6), as this server writes it: `data` is one line.
     *
     * @param {string} block
     */
    function take(block) {
        const data = /^data: (.*)$/m.exec(block);
        if (!data) return;
        const message = JSON.parse(data[1]);
        if (message.event) sink.events([message]);
        else sink.control(message);
    }

    read()
        // Refused, broken off or unreadable: for whoever listens it has ended in any case.
        .catch(() => {})
        .finally(() => isClosed() || sink.ended(0));
    return { close: () => abort.abort() };
}
