import Testing

@testable import articled

@Suite("A page of events out of the store")
struct PreparedPageTests {
    private let page = PreparedPage((5...7).map { committed($0) })

    @Test(
        "it is for whoever needs one of its events next, and for nobody who would miss one",
        arguments: [(3, false), (4, true), (6, true), (7, false)] as [(Int64, Bool)])
    func covers(seq: Int64, isCovered: Bool) {
        #expect(page.covers(seq) == isCovered)
    }

    @Test("each gets what comes after its place", arguments: [(4, [5, 6, 7]), (6, [7])] as [(Int64, [Int64])])
    func entries(seq: Int64, seqs: [Int64]) {
        #expect(page.entries(after: seq).map(\.seq) == seqs)
    }
}
