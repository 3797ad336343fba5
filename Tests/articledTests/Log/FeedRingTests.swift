import Testing

@testable import articled

@Suite("The ring of events")
struct FeedRingTests {
    private func ring(_ range: ClosedRange<Int64>, maxEvents: Int, maxBytes: Int = .max, bytes: Int = 0) -> FeedRing {
        var ring = FeedRing(limits: .init(maxEvents: maxEvents, maxBytes: maxBytes))
        for seq in range { ring.append(FeedEntry(committed(seq, bytes: bytes))) }
        return ring
    }

    @Test("keeps the newest events, by number")
    func number() {
        #expect(ring(1...10, maxEvents: 3).oldestSeq == 8)
    }

    @Test("keeps the newest events, by bytes")
    func bytes() {
        let ring = ring(1...10, maxEvents: 100, maxBytes: 3000, bytes: 1000)
        #expect(ring.oldestSeq == 9)
    }

    @Test(
        "gives what comes after a place",
        arguments: [(7, [8, 9, 10]), (9, [10]), (10, []), (12, [])] as [(Int64, [Int64])])
    func after(seq: Int64, expected: [Int64]) {
        #expect(ring(1...10, maxEvents: 3).entries(after: seq).map(\.seq) == expected)
    }
}
