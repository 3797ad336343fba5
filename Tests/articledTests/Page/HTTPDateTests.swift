import Testing

@testable import articled

@Suite struct HTTPDateTests {
    @Test(
        "times are written and read as RFC 9110 section 5.6.7 has them",
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"), (1_798_761_599, "Thu, 31 Dec 2026 23:59:59 GMT"),
        ] as [(Int64, String)])
    func both(seconds: Int64, text: String) {
        #expect(HTTPDate.text(seconds) == text)
        #expect(HTTPDate.seconds(text) == seconds)
    }

    @Test(
        "what is no such time is none",
        arguments: [
            "", "yesterday", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 31 Feb 2024 00:00:00 GMT", "1994-11-06T08:49:37Z",
        ])
    func others(text: String) {
        #expect(HTTPDate.seconds(text) == nil)
    }
}
