import Testing

@testable import articled

@Suite("A subscriber's place in the feed")
struct DeliveryTests {
    @Test("waits until the snapshot is there")
    func preparing() {
        var delivery = Delivery()
        #expect(delivery.next(newestSeq: 9, ringOldestSeq: 1) == .wait)
    }

    @Test("announces live once, when nothing is missing, then follows")
    func live() {
        var delivery = Delivery()
        delivery.start(after: 9)
        #expect(delivery.next(newestSeq: 9, ringOldestSeq: 1) == .announceLive)
        #expect(delivery.next(newestSeq: 9, ringOldestSeq: 1) == .follow)
    }

    @Test("reads the ring if that has the next event, else the store, one page at a time")
    func sources() {
        var delivery = Delivery()
        delivery.start(after: 4)
        #expect(delivery.next(newestSeq: 9, ringOldestSeq: 6) == .fetchPage(after: 4))
        #expect(delivery.next(newestSeq: 9, ringOldestSeq: 6) == .wait)
        delivery.pageArrived()
        delivery.advance(to: 5)
        #expect(delivery.next(newestSeq: 9, ringOldestSeq: 6) == .sendFromRing(after: 5))
        delivery.advance(to: 9)
        #expect(delivery.next(newestSeq: 9, ringOldestSeq: 6) == .announceLive)
    }

    @Test("with an empty ring everything comes from the store")
    func emptyRing() {
        var delivery = Delivery()
        delivery.start(after: 0)
        #expect(delivery.next(newestSeq: 1, ringOldestSeq: nil) == .fetchPage(after: 0))
    }

    @Test("ahead of its loop it waits, and is not told that it is live")
    func ahead() {
        var delivery = Delivery()
        delivery.start(after: 10)
        #expect(delivery.next(newestSeq: 9, ringOldestSeq: 1) == .wait)
        #expect(delivery.next(newestSeq: 10, ringOldestSeq: 1) == .announceLive)
    }

    @Test("a live one that fell behind catches up without being announced again")
    func behind() {
        var delivery = Delivery()
        delivery.start(after: 3)
        _ = delivery.next(newestSeq: 3, ringOldestSeq: 1)
        #expect(delivery.next(newestSeq: 5, ringOldestSeq: 1) == .sendFromRing(after: 3))
        delivery.advance(to: 5)
        #expect(delivery.next(newestSeq: 5, ringOldestSeq: 1) == .follow)
    }
}
