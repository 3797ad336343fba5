/// Figures in Prometheus' text format, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
struct ExpositionText: Sendable {
    static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    typealias Labels = KeyValuePairs<String, String>

    private(set) var bytes: [UInt8] = []

    init() {
        bytes.reserveCapacity(16 * 1024)
    }

    /// A family with one sample.
    mutating func add(_ kind: Kind, _ name: String, _ help: String, _ value: Int, _ labels: Labels = [:]) {
        family(kind, name, help) { $0.sample(value, labels) }
    }

    mutating func add(_ kind: Kind, _ name: String, _ help: String, _ value: Double, _ labels: Labels = [:]) {
        family(kind, name, help) { $0.sample(value, labels) }
    }

    mutating func add(_ name: String, _ help: String, _ histogram: Histogram) {
        begin(.histogram, name, help)
        var count = 0
        for (bound, inBucket) in zip(histogram.bounds, histogram.counts) {
            count += inBucket
            sample(name + "_bucket", "\(count)", ["le": Self.text(bound)])
        }
        sample(name + "_bucket", "\(histogram.count)", ["le": "+Inf"])
        sample(name + "_sum", Self.text(histogram.sum), [:])
        sample(name + "_count", "\(histogram.count)", [:])
    }

    /// A family with the samples that `write` adds. One without samples is left out.
    mutating func family(_ kind: Kind, _ name: String, _ help: String, _ write: (inout Samples) -> Void) {
        var samples = Samples()
        write(&samples)
        guard !samples.all.isEmpty else { return }
        begin(kind, name, help)
        for (value, labels) in samples.all { sample(name, value, labels) }
    }

    struct Samples {
        fileprivate var all: [(value: String, labels: Labels)] = []

        mutating func sample(_ value: Int, _ labels: Labels = [:]) {
            all.append(("\(value)", labels))
        }

        mutating func sample(_ value: Double, _ labels: Labels = [:]) {
            all.append((ExpositionText.text(value), labels))
        }
    }

    private mutating func begin(_ kind: Kind, _ name: String, _ help: String) {
        bytes += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n".utf8
    }

    private mutating func sample(_ name: String, _ value: String, _ labels: Labels) {
        bytes += name.utf8
        if !labels.isEmpty {
            let pairs = labels.map { "\($0.key)=\"\(Self.escaped($0.value, quotes: true))\"" }
            bytes += "{\(pairs.joined(separator: ","))}".utf8
        }
        bytes += " \(value)\n".utf8
    }

    /// Whole numbers without a point; the format has its own words for what is no number.
    private static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
