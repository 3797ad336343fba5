/// The keys of a feed: these and no others, however much there is. One hash tag puts all of them in one slot.
struct RedisKeys: Sendable {
    let feed: String

    init(feed: String) {
        self.feed = feed
    }

    private func key(_ name: String) -> [UInt8] { Array("{\(feed)}:\(name)".utf8) }

    /// Hash: numbers of the newest event, article, line and change; the term's nonce and replication id.
    var meta: [UInt8] { key("meta") }
    /// Sorted set: terms by their first event.
    var terms: [UInt8] { key("terms") }
    /// Stream: the events, whose ids are their numbers.
    var events: [UInt8] { key("events") }
    /// Hash: the articles as they are, by id.
    var articles: [UInt8] { key("articles") }
    /// Sorted set: the articles' ids.
    var index: [UInt8] { key("index") }
    /// Sorted set, by name: `topic:id`.
    var byTopic: [UInt8] { key("by-topic") }
    /// Sorted set: topics by the number of their articles.
    var topics: [UInt8] { key("topics") }
    /// Hash: answers to repeat, by idempotency key.
    var idempotency: [UInt8] { key("idempotency") }
    /// Sorted set: idempotency keys by their end.
    var idempotencyExpiry: [UInt8] { key("idempotency-expiry") }
    /// Hashes, by id.
    var accounts: [UInt8] { key("accounts") }
    var tokens: [UInt8] { key("tokens") }
    var sessions: [UInt8] { key("sessions") }
    /// Stream: the latest changes of the three.
    var changes: [UInt8] { key("changes") }
    /// Hash: one-time admissions, by hash.
    var tickets: [UInt8] { key("tickets") }
    /// Sorted set: one-time admissions by their end.
    var ticketExpiry: [UInt8] { key("ticket-expiry") }
    /// Stream: the audit log.
    var audit: [UInt8] { key("audit") }
    /// Sorted set: lines of the audit log by article.
    var auditByArticle: [UInt8] { key("audit-by-article") }

    var all: [[UInt8]] {
        [
            meta, terms, events, articles, index, byTopic, topics, idempotency, idempotencyExpiry, accounts, tokens,
            sessions, changes, tickets, ticketExpiry, audit, auditByArticle,
        ]
    }
}
