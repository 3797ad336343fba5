import Core
import Foundation
import GRDB
import Testing

@testable import articled

@Suite("The embedded store")
struct SQLiteStoreTests {
    private let now = Timestamp(milliseconds: 1_000_000_000_000)

    private func withDirectory(_ body: (DataDirectory) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(DataDirectory(path))
    }

    private func create(_ title: String, topic: String = "news", key: String? = nil, fingerprint: UInt8 = 1)
        -> WriteCommand
    {
        .create(
            ArticleDraft(title: title, topic: topic), by: publisher,
            key: key.map { IdempotencyKey(name: $0, fingerprint: [fingerprint]) })
    }

    @Test("the write-ahead log has its length from the start, and the database nothing of what gave it that")
    func logLength() async throws {
        try await withDirectory { directory in
            let store = try SQLiteStore.open(in: directory)
            let attributes = try FileManager.default.attributesOfItem(atPath: directory.databaseFile + "-wal")
            let length = (attributes[.size] as? Int) ?? 0
            #expect(length > 1000 * 4096)
            let pages = try await store.database.read { try Int.fetchOne($0, sql: "PRAGMA page_count") ?? 0 }
            #expect(pages < 100)
            #expect(try await store.database.read { try !$0.tableExists("spill") })
            _ = try store.commit([create("a")], at: now, term: 1)
            #expect(
                try FileManager.default.attributesOfItem(atPath: directory.databaseFile + "-wal")[.size] as? Int
                    == length)
            try store.close()
        }
    }

    @Test("events are numbered without gaps, over restarts, each start in a term of its own")
    func terms() async throws {
        try await withDirectory { directory in
            for term in 1...3 as ClosedRange<UInt32> {
                let store = try SQLiteStore.open(in: directory)
                let result = try store.commit([create("a"), create("b")], at: now, term: term)
                #expect(result.events.map(\.cursor.seq) == [Int64(term) * 2 - 1, Int64(term) * 2])
                try store.close()
            }
            let history = try SQLiteStore.open(in: directory).history()
            #expect(history.terms == [1, 2, 3].map { Term(firstSeq: Int64($0) * 2 - 1, nonce: UInt32($0)) })
            #expect(history.newestSeq == 6)
        }
    }

    @Test("a start without writes leaves no term")
    func quietStart() async throws {
        try await withDirectory { directory in
            try SQLiteStore.open(in: directory).close()
            #expect(try SQLiteStore.open(in: directory).history() == FeedHistory())
        }
    }

    @Test("commits survive the machine: WAL and synchronous=FULL")
    func durability() async throws {
        try await withDirectory { directory in
            let store = try SQLiteStore.open(in: directory)
            let (synchronous, journal) = try store.database.writeWithoutTransaction { database in
                (
                    try Int.fetchOne(database, sql: "PRAGMA synchronous"),
                    try String.fetchOne(database, sql: "PRAGMA journal_mode")
                )
            }
            #expect(synchronous == 2 && journal == "wal")
        }
    }
}
