import Core
import Foundation
import Logging
import Synchronization

extension RedisStore {
    var isShared: Bool { true }

    /// Does something on one of the threads that read.
    ///
    /// - Throws: ``ServiceError`` `unavailable` if Redis can't be asked.
    func ask<Value: Sendable>(_ work: @escaping @Sendable (RedisLink) throws -> Value) async throws -> Value {
        do {
            return try await workers.run(work)
        } catch let error as RedisError {
            throw ServiceError(.unavailable, "The store can't be reached.", retryAfter: 1, cause: error)
        }
    }

    /// Commands together; any that is refused is an error.
    static func ask(_ link: RedisLink, _ commands: [RedisCommand]) throws(RedisError) -> [RedisReply] {
        let replies = try link.perform(commands).replies
        for reply in replies { if let text = reply.errorText { throw .refused(text) } }
        return replies
    }

    // MARK: - The feed

    func history() throws -> FeedHistory {
        try history(RedisLink(configuration, route: route))
    }

    func history(_ link: RedisLink) throws(RedisError) -> FeedHistory {
        try RedisRecords.history(link.perform(RedisScript.history.call(keys: [keys.meta, keys.terms])))
    }

    func storedFeed(maxEvents: Int, maxBytes: Int) throws -> StoredFeed? {
        let link = RedisLink(configuration, route: route)
        do {
            inspect(link)
            let stored = try storedFeed(link, maxEvents: maxEvents, maxBytes: maxBytes)
            setLoaded()
            arrivals.arrived(stored.history.newestSeq)
            return stored
        } catch {
            logger.warning(
                "The store can't be reached; going on without it, and trying again", metadata: ["error": "\(error)"])
            return nil
        }
    }

    func storedFeed(_ link: RedisLink, maxEvents: Int, maxBytes: Int) throws(RedisError) -> StoredFeed {
        var history = try history(link)
        var events: [CommittedEvent] = []
        var bytes = 0
        var next = history.newestSeq
        reading: while events.count < maxEvents, next >= history.oldestSeq {
            let page = try link.perform(
                command(
                    "XREVRANGE", keys.events, "\(next)-0", "-", "COUNT",
                    String(min(Self.eventsOfPage, maxEvents - events.count))))
            let entries = page.array ?? []
            for entry in entries {
                let event = try RedisRecords.event(entry)
                guard event.cursor.seq == next, bytes < maxBytes else { break reading }
                guard event.cursor == history.cursor(of: next) else {
                    throw .unexpected("another history than a moment ago")
                }
                bytes += event.json.count
                events.append(event)
                next -= 1
            }
            if entries.isEmpty { break }
        }
        if next >= history.oldestSeq, bytes < maxBytes, events.count < maxEvents {
            // Not even the limits are the reason why these are not there.
            try giveUp(before: next + 1, link)
            history.oldestSeq = next + 1
        }
        return StoredFeed(history: history, newestEvents: events.reversed())
    }

    /// Gives up the events before one of them, for some in between are missing, as only somebody else's hand or a lost key
    /// brings about: nobody is to fall into the hole.
    func giveUp(before seq: Int64, _ link: RedisLink) throws(RedisError) {
        let isNew = try link.perform(RedisScript.giveUp.call(keys: [keys.meta, keys.events], String(seq)))
        if isNew.integer == 1 {
            logger.error(
                "Events are missing in the store; who would resume from before them is told so",
                metadata: ["before": "\(seq)"])
        }
    }

    /// Events that are read at once: what an answer may hold is bounded.
    private static let eventsOfPage = 100

    func command(_ name: String, _ key: [UInt8], _ more: String...) -> RedisCommand {
        RedisCommand([Array(name.utf8), key] + more.map { Array($0.utf8) })
    }

    func events(after seq: Int64, maxEvents: Int, maxBytes: Int) async throws -> [CommittedEvent] {
        try await ask { [self] link in
            var events: [CommittedEvent] = []
            var (bytes, last) = (0, seq)
            while events.count < maxEvents, bytes < maxBytes {
                let count = min(Self.eventsOfPage, maxEvents - events.count)
                let page = try link.perform(
                    command("XRANGE", keys.events, "\(last + 1)-0", "+", "COUNT", String(count)))
                guard let entries = page.array, !entries.isEmpty else { break }
                for entry in entries where bytes < maxBytes {
                    let event = try RedisRecords.event(entry)
                    guard event.cursor.seq == last + 1 else {
                        // Whoever is at this place is told that it is not followed by this event.
                        try giveUp(before: event.cursor.seq, link)
                        return events.isEmpty ? [event] : events
                    }
                    bytes += event.json.count
                    events.append(event)
                    last = event.cursor.seq
                }
                if entries.count < count { break }
            }
            return events
        }
    }

    func snapshot(last: Int, filter: TopicFilter) async throws -> FeedSnapshot {
        try await ask { [self] link in
            let call = RedisScript.snapshot.call(
                keys: [keys.meta, keys.articles, keys.index, keys.byTopic],
                ([String(last)] + filter.topics).map { Array($0.utf8) })
            guard let parts = try link.perform(call).array, parts.count >= 2, let seq = parts[0].integer,
                let nonce = parts[1].text.flatMap({ UInt32($0, radix: 16) })
            else { throw RedisError.unexpected("a snapshot without a place") }
            var events: [FeedEvent] = []
            for index in stride(from: 2, to: parts.count - 1, by: 2) {
                guard let id = parts[index].integer, let record = parts[index + 1].bytes else { continue }
                let stored = try RedisRecords.article(id: id, record)
                events.append(FeedEvent(created: stored.article, cursor: stored.created))
            }
            return FeedSnapshot(cursor: Cursor(seq: seq, nonce: nonce), events: events.reversed())
        }
    }

    // MARK: - Articles

    func article(id: Int64) async throws -> VersionedArticle? {
        try await ask { [self] link in
            guard let record = try link.perform(command("HGET", keys.articles, String(id))).bytes else { return nil }
            let stored = try RedisRecords.article(id: id, record)
            return VersionedArticle(article: stored.article, version: stored.version)
        }
    }

    func articles(_ query: ArticleQuery) async throws -> [Article] {
        let look = { @Sendable [self] in
            try await ask { [self] link in
                var found: [Article] = []
                try eachArticle(query, link) { article in
                    found.append(article)
                    return found.count < query.limit
                }
                return found
            }
        }
        return query.text == nil ? try await look() : try await searches.run(look)
    }

    func listing(_ query: ArticleQuery, skipping: Int) async throws -> (articles: [Article], total: Int) {
        if query.text == nil, query.filter.topics.count <= 1, query.before == nil, query.after == nil {
            return try await ask { [self] in try page(query, skipping: skipping, $0) }
        }
        return try await searches.run {
            try await ask { [self] link in
                var (articles, total): ([Article], Int) = ([], 0)
                try eachArticle(query, link) { article in
                    if total >= skipping, articles.count < query.limit { articles.append(article) }
                    total += 1
                    return true
                }
                return (articles, total)
            }
        }
    }

    /// Of all articles, or of those of one topic, without looking at those that are passed over.
    private func page(
        _ query: ArticleQuery, skipping: Int, _ link: RedisLink
    ) throws(RedisError) -> (articles: [Article], total: Int) {
        let last = String(skipping + query.limit - 1)
        let replies: [RedisReply]
        if let topic = query.filter.topics.first {
            replies = try Self.ask(
                link,
                [
                    command("ZLEXCOUNT", keys.byTopic, "[\(topic):", "(\(topic);"),
                    command(
                        "ZREVRANGEBYLEX", keys.byTopic, "(\(topic);", "[\(topic):", "LIMIT", String(skipping),
                        String(query.limit)),
                ])
        } else {
            replies = try Self.ask(
                link, [command("ZCARD", keys.index), command("ZREVRANGE", keys.index, String(skipping), last)])
        }
        let ids = (replies[1].array ?? []).compactMap { $0.text }.compactMap { Int64($0.suffix(16)) }
        return (try articles(ids, link), Int(replies[0].integer ?? 0))
    }

    /// Goes through the articles that are asked for, in order, until it is told to stop.
    private func eachArticle(
        _ query: ArticleQuery, _ link: RedisLink, _ body: (Article) -> Bool
    ) throws(RedisError) {
        var place = query.after ?? query.before
        let size = query.text == nil ? query.limit : max(query.limit, 200)
        while true {
            let ids = try self.ids(query, from: place, count: size, link)
            for article in try articles(ids, link) where query.text.map(article.contains) ?? true {
                guard body(article) else { return }
            }
            guard ids.count == size, let last = ids.last else { return }
            place = last
        }
    }

    /// Numbers of articles beyond one of them, in the order that is asked for.
    private func ids(
        _ query: ArticleQuery, from place: Int64?, count: Int, _ link: RedisLink
    ) throws(RedisError) -> [Int64] {
        let isAscending = query.after != nil
        let limit = ["LIMIT", "0", String(count)]
        if query.filter.topics.isEmpty {
            let bound = place.map { "(\($0)" } ?? "+inf"
            let reply = try link.perform(
                RedisCommand(
                    [Array((isAscending ? "ZRANGEBYSCORE" : "ZREVRANGEBYSCORE").utf8), keys.index]
                        + ([bound, isAscending ? "+inf" : "-inf"] + limit).map { Array($0.utf8) }))
            return (reply.array ?? []).compactMap(\.integer)
        }
        let commands = query.filter.topics.map { topic in
            let bound = place.map { "(\(topic):" + Self.padded($0) }
            let range =
                isAscending
                ? ["ZRANGEBYLEX", bound ?? "[\(topic):", "(\(topic);"]
                : ["ZREVRANGEBYLEX", bound ?? "(\(topic);", "[\(topic):"]
            return RedisCommand(
                [Array(range[0].utf8), keys.byTopic] + (range.dropFirst() + limit).map { Array($0.utf8) })
        }
        let ids = try Self.ask(link, commands).flatMap { $0.array ?? [] }.compactMap { member in
            member.text.flatMap { Int64($0.suffix(16)) }
        }
        return Array(ids.sorted(by: isAscending ? (<) : (>)).prefix(count))
    }

    private static func padded(_ id: Int64) -> String {
        let digits = String(id)
        return String(repeating: "0", count: max(0, 16 - digits.count)) + digits
    }

    /// Those of the articles that there are.
    private func articles(_ ids: [Int64], _ link: RedisLink) throws(RedisError) -> [Article] {
        guard !ids.isEmpty else { return [] }
        let command = RedisCommand(
            [Array("HMGET".utf8), keys.articles] + ids.map { Array(String($0).utf8) })
        var articles: [Article] = []
        for (id, record) in zip(ids, try link.perform(command).array ?? []) {
            if let bytes = record.bytes { articles.append(try RedisRecords.article(id: id, bytes).article) }
        }
        return articles
    }

    func topics(limit: Int) async throws -> [(topic: String, count: Int)] {
        try await ask { [self] link in
            let reply = try link.perform(
                command("ZREVRANGE", keys.topics, "0", String(limit - 1), "WITHSCORES"))
            let parts = reply.array ?? []
            return stride(from: 0, to: parts.count - 1, by: 2).compactMap { index in
                parts[index].text.map { (topic: $0, count: Int(parts[index + 1].text.flatMap(Double.init) ?? 0)) }
            }.sorted { $0.count != $1.count ? $0.count > $1.count : $0.topic < $1.topic }
        }
    }

    // MARK: - How it is

    func size() async throws -> StoreSize {
        let (bytes, articles, newest, oldest, audit) = try await ask { [self] link in
            let replies = try Self.ask(
                link,
                [
                    command("HLEN", keys.articles), command("HMGET", keys.meta, "seq", "oldest"),
                    command("XLEN", keys.audit),
                ]
                    + keys.all.map { RedisCommand([Array("MEMORY".utf8), Array("USAGE".utf8), $0]) })
            let numbers = replies[1].array ?? []
            return (
                replies.dropFirst(3).reduce(0) { $0 + Int($1.integer ?? 0) }, Int(replies[0].integer ?? 0),
                numbers.first?.integer ?? 0, numbers.last?.integer ?? 1, Int(replies[2].integer ?? 0)
            )
        }
        return StoreSize(
            kind: .redis, place: configuration.location.description, bytes: bytes, articles: articles,
            events: newest - oldest + 1, auditEntries: audit,
            details: (durability.withLock { $0?.members ?? [] }) + [JSONMember("link", .object(counters.members))])
    }

    var isReachable: Bool { counters.isFollowing }

    func probe() async throws {
        guard isReachable else {
            throw ServiceError(.unavailable, "The store can't be reached.", retryAfter: 1)
        }
        _ = try await ask { try $0.perform(RedisCommand("PING")) }
    }

    func probeWriting() async throws {
        let needed = configuration.minReplicas
        let replicas = try await ask { [self] link in
            // A write that changes nothing: refused by whoever may not write, is full, or can't keep it.
            let (replies, replicas) = try link.perform(
                [command("HINCRBY", keys.meta, "repeated", "0")], replicas: needed)
            if let text = replies[0].errorText { throw RedisError.refused(text) }
            return replicas
        }
        guard replicas >= needed else {
            throw ServiceError(
                .unavailable, "\(replicas) of \(needed) replicas have what is stored.", retryAfter: 1)
        }
    }
}

extension Article {
    /// Whether title or body has the text; in either case of the letters of ASCII.
    fileprivate func contains(_ text: String) -> Bool {
        func lower(_ text: String) -> [UInt8] {
            text.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
        }
        let wanted = lower(text)
        return lower(title).firstRange(of: wanted) != nil || lower(body).firstRange(of: wanted) != nil
    }
}
