import NIOCore
import Testing

@testable import articled

@Suite("The pace of deliveries")
struct DeliveryPaceTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    @Test("nothing waits at first")
    func first() {
        #expect(DeliveryPace().pauseEnd(at: start) == nil)
    }

    @Test(
        "the pause is as long as the delivery, neither worth nothing nor without end",
        arguments: [(0, 0), (199, 0), (200, 200), (5_000, 5_000), (8_000, 8_000), (40_000, 8_000)])
    func pause(took: Int64, pause: Int64) {
        var pace = DeliveryPace()
        let end = start + .microseconds(took)
        pace.delivered(from: start, to: end)
        let expected = end + .microseconds(pause)
        #expect(pace.pauseEnd(at: end) == (pause == 0 ? nil : expected))
        #expect(pace.pauseEnd(at: expected) == nil)
    }
}
