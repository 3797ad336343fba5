import Testing

@testable import articled

@Suite("Figures as text")
struct ExpositionTextTests {
    private func lines(_ write: (inout ExpositionText) -> Void) -> [String] {
        var text = ExpositionText()
        write(&text)
        return String(decoding: text.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test("a family has its help, its kind and its samples")
    func family() {
        let lines = lines { text in
            text.family(.counter, "x_total", "What x is.") {
                $0.sample(1, ["a": "b", "c": "d"])
                $0.sample(0.25)
            }
        }
        #expect(
            lines == [
                "# HELP x_total What x is.", "# TYPE x_total counter", "x_total{a=\"b\",c=\"d\"} 1", "x_total 0.25",
            ])
    }

    @Test("nothing that a label's value holds ends the value or the line")
    func escaping() {
        let lines = lines { $0.add(.gauge, "x", "Back\\slash\nand line", 1, ["a": "q\"b\\c\nd"]) }
        #expect(lines[0] == "# HELP x Back\\\\slash\\nand line")
        #expect(lines[2] == "x{a=\"q\\\"b\\\\c\\nd\"} 1")
    }

    @Test("a family without samples is left out")
    func empty() {
        #expect(lines { $0.family(.gauge, "x", "Nothing.") { _ in } }.isEmpty)
    }

    @Test("a histogram counts from the lowest range on, and ends with all")
    func histogram() {
        var histogram = Histogram(bounds: [1, 2, 4])
        for value in [0.5, 1, 3, 9] { histogram.observe(value) }
        let lines = lines { $0.add("x", "X.", histogram) }
        #expect(
            lines.dropFirst(2) == [
                "x_bucket{le=\"1\"} 2", "x_bucket{le=\"2\"} 2", "x_bucket{le=\"4\"} 3", "x_bucket{le=\"+Inf\"} 4",
                "x_sum 13.5", "x_count 4",
            ])
    }

    @Test("histograms of several loops add up")
    func sum() {
        var (left, right) = (Histogram(bounds: [1, 2]), Histogram(bounds: [1, 2]))
        left.observe(0.5)
        right.observe(1.5)
        right.observe(5)
        left += right
        #expect(left.counts == [1, 1] && left.count == 3 && left.sum == 7)
    }

    @Test("a duration is observed in seconds")
    func duration() {
        var histogram = Histogram.seconds
        histogram.observe(.milliseconds(1500))
        #expect(abs(histogram.sum - 1.5) < 1e-9)
    }
}
