import Core
import NIOCore
import Synchronization
import Testing

@testable import articled

@Suite struct DocumentCacheTests {
    private let cache = DocumentCache(maxBytes: 4000)
    private let made = Counter()

    private final class Counter: Sendable {
        private let count = Atomic(0)

        var value: Int { count.load(ordering: .relaxed) }

        func add() { count.add(1, ordering: .relaxed) }
    }

    private func edition(
        _ seq: Int64, of text: String? = nil, key: DocumentCache.Key = .init()
    ) async throws -> DocumentCache.Edition {
        let cursor = Cursor(seq: seq, nonce: 1)
        return try await cache.edition(key, at: cursor) { [made] in
            made.add()
            await Task.yield()
            return (Document(Array((text ?? "text \(seq)").utf8), mediaType: "text/plain"), cursor)
        }
    }

    @Test("a document is made once, however many ask for it at the same time")
    func once() async throws {
        try await withThrowingTaskGroup { group in
            for _ in 0..<50 { group.addTask { try await edition(1) } }
            try await group.waitForAll()
        }
        #expect(made.value == 1)
    }

    @Test("it is made anew when the feed has gone on")
    func anew() async throws {
        #expect(String(buffer: try await edition(1).document.content) == "text 1")
        #expect(String(buffer: try await edition(2).document.content) == "text 2")
        #expect(String(buffer: try await edition(2).document.content) == "text 2")
        #expect(made.value == 2)
    }

    @Test("every edition that differs has a later time, within one second too; the same has the same")
    func times() async throws {
        let first = try await edition(1)
        let second = try await edition(2)
        #expect(second.lastModified > first.lastModified)
        #expect(try await edition(3, of: "text 2").lastModified == second.lastModified)
    }

    @Test("a failure is told to who asked, and the next one tries again")
    func failure() async throws {
        struct Failure: Error {}
        await #expect(throws: Failure.self) {
            _ = try await cache.edition(.init(), at: Cursor(seq: 1, nonce: 1)) { throw Failure() }
        }
        #expect(String(buffer: try await edition(1).document.content) == "text 1")
    }

    @Test("who asks for ever new things gets no memory for them")
    func bounded() async throws {
        for number in 0..<20 {
            _ = try await edition(1, of: String(repeating: "x", count: 900), key: .init(topics: ["\(number)"]))
        }
        let before = made.value
        _ = try await edition(1, of: String(repeating: "x", count: 900), key: .init(topics: ["0"]))
        #expect(made.value == before + 1)
    }
}
