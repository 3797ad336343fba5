import Core
import Testing

@testable import articled

@Suite("Where one can resume")
struct FeedHistoryTests {
    /// Events 1–10 of one writer, 11–20 of the next; the first five are no longer kept.
    private let history = FeedHistory(
        terms: [Term(firstSeq: 1, nonce: 0xA), Term(firstSeq: 11, nonce: 0xB)], oldestSeq: 6, newestSeq: 20)

    @Test(
        "a cursor of this history goes on, another forks, an old one is trimmed",
        arguments: [
            (20, 0xB, .resume(afterSeq: 20)), (10, 0xA, .resume(afterSeq: 10)), (11, 0xB, .resume(afterSeq: 11)),
            (5, 0xA, .resume(afterSeq: 5)), (4, 0xA, .reset(.trimmed)), (0, 0, .reset(.trimmed)),
            (21, 0xB, .reset(.forked)), (10, 0xB, .reset(.forked)), (11, 0xA, .reset(.forked)),
            (15, 0xC, .reset(.forked)), (0, 0xA, .reset(.forked)),
        ] as [(Int64, UInt32, FeedHistory.Resumption)])
    func resumption(seq: Int64, nonce: UInt32, outcome: FeedHistory.Resumption) {
        #expect(history.resumption(after: Cursor(seq: seq, nonce: nonce)) == outcome)
    }

    @Test("an empty feed is resumed from its beginning")
    func empty() {
        #expect(FeedHistory().resumption(after: .beginning) == .resume(afterSeq: 0))
        #expect(FeedHistory().newest == .beginning)
        #expect(FeedHistory().oldest == .beginning)
    }

    @Test("the oldest place lies before the oldest event, in its own term")
    func oldest() {
        #expect(history.oldest == Cursor(seq: 5, nonce: 0xA))
        #expect(FeedHistory(terms: history.terms, oldestSeq: 11, newestSeq: 20).oldest == Cursor(seq: 10, nonce: 0xA))
    }

    @Test("a term begins with the first event that has another nonce")
    func advancing() {
        var history = history
        history.advance(to: Cursor(seq: 21, nonce: 0xB))
        history.advance(to: Cursor(seq: 22, nonce: 0xC))
        #expect(history.terms.last == Term(firstSeq: 22, nonce: 0xC))
        #expect(history.cursor(of: 21) == Cursor(seq: 21, nonce: 0xB))
        #expect(history.newest == Cursor(seq: 22, nonce: 0xC))
    }
}
