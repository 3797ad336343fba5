import Core
import Testing

@testable import articled

@Suite struct MomentTextTests {
    static let now = Timestamp("2026-11-23T18:00:00.000Z")!

    @Test(
        "the distance to now is told in the largest unit that fits",
        arguments: [
            (0, "just now"), (59, "just now"), (60, "1 min ago"), (3599, "59 min ago"), (3600, "1 h ago"),
            (86_399, "23 h ago"), (86_400, "yesterday"), (172_800, "2 days ago"), (604_799, "6 days ago"),
            (604_800, "16 Nov 2026"), (-30, "just now"), (-7200, "23 Nov 2026"),
        ] as [(Int64, String)])
    func relative(secondsAgo: Int64, text: String) {
        let moment = Timestamp(milliseconds: Self.now.milliseconds - secondsAgo * 1000)
        #expect(MomentText(moment, now: Self.now).relative == text)
    }

    @Test("the whole moment is told in UTC")
    func absolute() {
        let text = MomentText(Timestamp("2026-01-02T03:04:05.678Z")!, now: Self.now)
        #expect(text.absolute == "2 January 2026, 03:04:05 UTC")
        #expect(text.machine == "2026-01-02T03:04:05.678Z")
    }
}
