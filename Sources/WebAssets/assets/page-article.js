// @ts-check

// What an article looks like. Text from the feed reaches the document through textContent only.

import { base, part } from "./page-base.js";

/** @typedef {import("./page-base.js").Fields} Fields */

const excerptLength = 1200;
const excerptLines = 14;

/**
 * The beginning of a long body, cut between words; the server cuts in the same way.
 *
 * @param {string} body
 */
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

/**
 * How long ago, as the server words it.
 *
 * @param {Date} date
 */
function relativeTime(date) {
    const seconds = Math.floor((Date.now() - date.getTime()) / 1000);
    if (seconds >= -60 && seconds < 60) return "just now";
    if (seconds >= 60 && seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
    if (seconds >= 3600 && seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
    if (seconds >= 86400 && seconds < 172800) return "yesterday";
    if (seconds >= 172800 && seconds < 604800) return `${Math.floor(seconds / 86400)} days ago`;
    return date.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}

/**
 * @param {HTMLTimeElement} element
 * @param {string} moment
 */
function showTime(element, moment) {
    const date = new Date(moment);
    const relative = relativeTime(date);
    element.dateTime = moment;
    element.title = date.toLocaleString("en-GB", { dateStyle: "full", timeStyle: "long" });
    if (element.textContent !== relative) element.textContent = relative;
}

/** @param {ParentNode} [root] */
export function refreshTimes(root = document) {
    for (const element of root.querySelectorAll("time")) {
        if (element.dateTime) showTime(element, element.dateTime);
    }
}

/**
 * Writes an article into its element.
 *
 * @param {HTMLElement} element
 * @param {Fields} fields
 */
export function fill(element, fields) {
    part(element, ".title-text").textContent = fields.title;
    /** @type {HTMLAnchorElement} */
    const topic = part(element, ".topic");
    topic.textContent = fields.topic;
    topic.href = topicPage(fields.topic);
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

/**
 * An entry of the list, from the page's template.
 *
 * @param {number} id
 * @param {Fields} fields
 */
export function makeEntry(id, fields) {
    /** @type {HTMLTemplateElement} */
    const template = part(document, "template#entry");
    const entry = /** @type {HTMLElement} */ (part(template.content, "article").cloneNode(true));
    entry.id = `article-${id}`;
    entry.dataset.id = String(id);
    entry.setAttribute("aria-labelledby", `title-${id}`);
    part(entry, ".title").id = `title-${id}`;
    for (const link of [part(entry, ".title-text"), part(entry, ".more a")]) {
        /** @type {HTMLAnchorElement} */ (link).href = permalink(id);
    }
    for (const element of entry.querySelectorAll("[aria-describedby]")) {
        element.setAttribute("aria-describedby", `title-${id}`);
    }
    fill(entry, fields);
    return entry;
}

/** @param {number | string} id */
export const permalink = (id) => new URL(`articles/${id}`, base).href;

/** @param {string} topic */
export const topicPage = (topic) => new URL(`?topic=${encodeURIComponent(topic)}`, base).href;

/**
 * Marks the place where the reader may have missed something.
 *
 * @param {string} reason
 * @param {string} remedy
 */
export function gapLine(reason, remedy) {
    const line = document.createElement("p");
    line.className = "gap";
    line.textContent =
        reason === "forked"
            ? `Gap: the server goes on with another history. ${remedy}`
            : `Gap: more happened while the connection was away than the server keeps. ${remedy}`;
    return line;
}

/**
 * Copies the link of the article that a button belongs to, and says so.
 *
 * @param {HTMLElement} article
 */
export async function copyLink(article) {
    const button = part(article, ".copy");
    const link = permalink(article.dataset.id ?? "");
    const label = button.textContent;
    try {
        await navigator.clipboard.writeText(link);
    } catch {
        // Pages that came without TLS have no clipboard, but can copy what is selected.
        if (!copySelected(link)) {
            prompt("The article's link:", link);
            return;
        }
    }
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = label), 2000);
}

/** @param {string} text */
function copySelected(text) {
    const { activeElement } = document;
    const field = document.createElement("textarea");
    field.className = "unseen";
    field.value = text;
    document.body.append(field);
    field.select();
    const isCopied = document.execCommand("copy");
    field.remove();
    if (activeElement instanceof HTMLElement) activeElement.focus({ preventScroll: true });
    return isCopied;
}
