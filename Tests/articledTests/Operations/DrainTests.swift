import NIOCore
import Testing

@testable import articled

@Suite("Saying goodbye")
struct DrainTests {
    @Test(
        "goodbyes are spread over as long as there are subscribers, and never over more than half of the time that is left",
        arguments: [
            (0, .seconds(10), .zero), (1, .seconds(10), .milliseconds(1)),
            (800, .seconds(10), .milliseconds(800)), (1_000_000, .seconds(10), .seconds(5)),
            (800, .milliseconds(100), .milliseconds(50)), (800, .seconds(-1), .zero),
        ] as [(Int, TimeAmount, TimeAmount)])
    func window(subscribers: Int, left: TimeAmount, window: TimeAmount) {
        #expect(Drain.window(subscribers: subscribers, left: left) == window)
    }

    @Test(
        "what is left is cut off a little before the end, and never before half of the time is over",
        arguments: [(.zero, .zero), (.seconds(1), .milliseconds(250)), (.seconds(10), .milliseconds(300))]
            as [(TimeAmount, TimeAmount)])
    func margin(timeout: TimeAmount, margin: TimeAmount) {
        #expect(Drain.margin(timeout: timeout) == margin)
    }
}
