import Core
import Foundation

/// How rows are written in Redis.
enum RedisRecords {
    // MARK: - Articles

    /// Reads an article as the script `append` keeps it: eight lines, the texts as JSON strings.
    static func article(id: Int64, _ record: [UInt8]) throws(RedisError) -> StoredArticle {
        let lines = record.split(separator: UInt8(ascii: "\n"), maxSplits: 7, omittingEmptySubsequences: false)
        guard lines.count == 8, let created = Cursor(text(lines[0])), let version = Cursor(text(lines[1])),
            let published = Timestamp(text(lines[3])), let title = string(lines[5]), let author = string(lines[6]),
            let body = string(lines[7])
        else { throw .unexpected("article \(id) is damaged") }
        let article = Article(
            id: id, title: title, body: body, topic: text(lines[2]), author: author, published: published,
            updated: lines[4].isEmpty ? nil : Timestamp(text(lines[4])))
        return StoredArticle(article: article, created: created, version: version)
    }

    struct StoredArticle {
        let article: Article
        let created: Cursor
        let version: Cursor
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func string(_ bytes: ArraySlice<UInt8>) -> String? {
        (try? JSONParser.parse(Array(bytes)))?.stringValue
    }

    static func json(_ text: String) -> [UInt8] {
        var writer = JSONWriter(capacity: text.utf8.count + 16)
        writer.string(text)
        return writer.bytes
    }

    // MARK: - Events

    /// Reads an entry of the stream of events.
    static func event(_ entry: RedisReply) throws(RedisError) -> CommittedEvent {
        guard let parts = entry.array, parts.count == 2, let seq = number(parts[0]) else {
            throw .unexpected("an event without a number")
        }
        let fields = parts[1].fields
        guard let nonce = fields["n"]?.text.flatMap({ UInt32($0, radix: 16) }),
            let kind = fields["k"]?.text.flatMap(FeedEventKind.init), let topic = fields["t"]?.text,
            let json = fields["j"]?.bytes
        else { throw .unexpected("event \(seq) is damaged") }
        let previous = fields["p"]?.text ?? ""
        return CommittedEvent(
            cursor: Cursor(seq: seq, nonce: nonce), kind: kind, topic: topic,
            previousTopic: previous.isEmpty ? nil : previous, json: json)
    }

    /// The number that an entry's id begins with.
    static func number(_ id: RedisReply) -> Int64? {
        id.text?.split(separator: "-").first.flatMap { Int64($0) }
    }

    /// Reads what the script `history` returns.
    static func history(_ reply: RedisReply) throws(RedisError) -> FeedHistory {
        guard let parts = reply.array, parts.count == 3, let newest = parts[0].integer, let oldest = parts[1].integer,
            let terms = parts[2].array
        else { throw .unexpected("the feed's numbers are damaged") }
        return FeedHistory(
            terms: terms.compactMap { $0.text.flatMap(Cursor.init) }.map { Term(firstSeq: $0.seq, nonce: $0.nonce) },
            oldestSeq: oldest, newestSeq: newest)
    }

    // MARK: - The audit log

    /// Reads a line; `nil` if it is of a kind that a newer version knows.
    static func auditEntry(_ entry: RedisReply) throws(RedisError) -> AuditEntry? {
        guard let parts = entry.array, parts.count == 2, let id = number(parts[0]) else {
            throw .unexpected("a line of the audit log without a number")
        }
        let fields = parts[1].fields
        func optional(_ name: String) -> String? { fields[name]?.text.flatMap { $0.isEmpty ? nil : $0 } }
        guard let action = optional("c").flatMap(AuditAction.init) else { return nil }
        guard let at = fields["a"]?.integer else { throw .unexpected("line \(id) of the audit log is damaged") }
        return AuditEntry(
            id: id, at: Timestamp(milliseconds: at),
            actor: AuditActor(name: optional("n") ?? "", address: optional("d") ?? ""), action: action,
            article: optional("i").flatMap { Int64($0) }, subject: optional("s"), detail: optional("t"))
    }
}
