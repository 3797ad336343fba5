import Foundation

/// One axis of a plot: what it means, and where its values lie.
struct PlotAxis {
    let title: String
    let range: ClosedRange<Double>
    let isLogarithmic: Bool
    let label: (Double) -> String

    /// From zero to something round above a value.
    static func linear(_ title: String, upTo most: Double, label: @escaping (Double) -> String = plain) -> PlotAxis {
        let step = step(max(most, 1e-9) / 4)
        return PlotAxis(
            title: title, range: 0...(max(most / step, 1)).rounded(.up) * step, isLogarithmic: false, label: label)
    }

    /// From zero to exactly a value.
    static func time(_ title: String, upTo end: Double) -> PlotAxis {
        PlotAxis(title: title, range: 0...max(end, 1e-3), isLogarithmic: false, label: plain)
    }

    /// Over whole decades, or their halves and fifths.
    static func logarithmic(
        _ title: String, _ range: ClosedRange<Double>, label: @escaping (Double) -> String = plain
    ) -> PlotAxis {
        let low = max(range.lowerBound, 1e-6)
        let high = max(range.upperBound, low * 2)
        let ticks = Self.decades(low / 10, high * 10)
        let from = ticks.last { $0 <= low } ?? low
        let to = ticks.first { $0 >= high } ?? high
        return PlotAxis(title: title, range: from...max(to, from * 2), isLogarithmic: true, label: label)
    }

    /// 0 at the beginning of the axis, 1 at its end.
    func share(_ value: Double) -> Double {
        let value = min(max(value, range.lowerBound), range.upperBound)
        guard isLogarithmic else { return (value - range.lowerBound) / (range.upperBound - range.lowerBound) }
        return log(value / range.lowerBound) / log(range.upperBound / range.lowerBound)
    }

    var ticks: [Double] {
        guard !isLogarithmic else {
            let all = Self.decades(range.lowerBound, range.upperBound)
            return all.count <= 9 ? all : all.filter { abs(log10($0) - log10($0).rounded()) < 1e-9 }
        }
        let step = Self.step((range.upperBound - range.lowerBound) / 4)
        return stride(from: range.lowerBound, through: range.upperBound * 1.0001, by: step).map { $0 }
    }

    static func plain(_ value: Double) -> String {
        switch abs(value) {
        case 1e6...: trimmed(value / 1e6) + " M"
        case 1e4...: trimmed(value / 1e3) + " k"
        default: trimmed(value)
        }
    }

    private static func trimmed(_ value: Double) -> String {
        let text = Milliseconds.fixed(value, value.magnitude < 1 ? 2 : 1)
        guard text.contains(".") else { return text }
        var kept = text[...]
        while kept.hasSuffix("0") { kept = kept.dropLast() }
        return String(kept.hasSuffix(".") ? kept.dropLast() : kept)
    }

    /// 1, 2 or 5 times a power of ten.
    private static func step(_ least: Double) -> Double {
        let power = pow(10, log10(max(least, 1e-9)).rounded(.down))
        return [1, 2, 5, 10].map { $0 * power }.first { $0 >= least * 0.999 } ?? power * 10
    }

    private static func decades(_ low: Double, _ high: Double) -> [Double] {
        let exponents = Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up))
        return exponents.flatMap { exponent in [1, 2, 5].map { $0 * pow(10, Double(exponent)) } }
            .filter { $0 >= low * 0.9999 && $0 <= high * 1.0001 }
    }
}

/// A picture of figures, as SVG.
struct Plot {
    private static let (width, height) = (760.0, 260.0)
    private static let (left, right, top, bottom) = (64.0, 28.0, 14.0, 44.0)

    let title: String
    let across: PlotAxis
    let up: PlotAxis
    private var shapes: [String] = []
    private var names: [(name: String, style: String)] = []

    init(title: String, across: PlotAxis, up: PlotAxis) {
        self.title = title
        self.across = across
        self.up = up
    }

    private func x(_ value: Double) -> String {
        Milliseconds.fixed(Self.left + across.share(value) * (Self.width - Self.left - Self.right), 1)
    }

    private func y(_ value: Double) -> String {
        Milliseconds.fixed(Self.height - Self.bottom - up.share(value) * (Self.height - Self.top - Self.bottom), 1)
    }

    /// - Parameters:
    ///   - style: a class of the page's style.
    ///   - points: in order; where there is no value the line is broken.
    mutating func addLine(_ name: String, style: String, _ points: [(x: Double, y: Double?)]) {
        names.append((name, style))
        for part in points.split(whereSeparator: { $0.y == nil }) {
            let path = part.map { "\(x($0.x)),\(y($0.y ?? 0))" }.joined(separator: " ")
            // A line of one point would not be seen.
            shapes.append(
                part.count == 1
                    ? "<circle class=\"\(style) dot\" cx=\"\(x(part.first?.x ?? 0))\" cy=\"\(y(part.first?.y ?? 0))\" r=\"2\"/>"
                    : "<polyline class=\"\(style)\" points=\"\(path)\"/>")
        }
    }

    mutating func addBar(from: Double, to: Double, height: Double, tip: String) {
        guard height > 0, let (start, end) = Double(x(from)).flatMap({ start in Double(x(to)).map { (start, $0) } }),
            let top = Double(y(height))
        else { return }
        let base = Self.height - Self.bottom
        shapes.append(
            "<rect class=\"bar\" x=\"\(Milliseconds.fixed(start + 0.5, 1))\" y=\"\(Milliseconds.fixed(min(top, base - 1), 1))\" "
                + "width=\"\(Milliseconds.fixed(max(end - start - 1, 1), 1))\" "
                + "height=\"\(Milliseconds.fixed(max(base - top, 1), 1))\"><title>\(HTMLText.escaped(tip))</title></rect>"
        )
    }

    /// A line up at a place, with what it is.
    mutating func addMark(_ name: String, at value: Double) {
        shapes.append(
            "<line class=\"mark\" x1=\"\(x(value))\" x2=\"\(x(value))\" y1=\"\(Milliseconds.fixed(Self.top, 1))\" "
                + "y2=\"\(Milliseconds.fixed(Self.height - Self.bottom, 1))\"/>"
                + "<text class=\"label\" x=\"\(x(value))\" y=\"\(Milliseconds.fixed(Self.top - 2, 1))\" "
                + "text-anchor=\"middle\">\(HTMLText.escaped(name))</text>")
    }

    var html: String {
        let base = Milliseconds.fixed(Self.height - Self.bottom, 1)
        let end = Milliseconds.fixed(Self.width - Self.right, 1)
        let start = Milliseconds.fixed(Self.left, 1)
        var parts: [String] = []
        for tick in up.ticks {
            parts.append("<line class=\"grid\" x1=\"\(start)\" x2=\"\(end)\" y1=\"\(y(tick))\" y2=\"\(y(tick))\"/>")
            parts.append(
                "<text x=\"\(Milliseconds.fixed(Self.left - 6, 1))\" y=\"\(y(tick))\" text-anchor=\"end\" "
                    + "dominant-baseline=\"middle\">\(HTMLText.escaped(up.label(tick)))</text>")
        }
        for tick in across.ticks {
            parts.append(
                "<text x=\"\(x(tick))\" y=\"\(Milliseconds.fixed(Self.height - Self.bottom + 16, 1))\" "
                    + "text-anchor=\"middle\">\(HTMLText.escaped(across.label(tick)))</text>")
        }
        parts.append(
            "<text x=\"\(Milliseconds.fixed((Self.left + Self.width - Self.right) / 2, 1))\" "
                + "y=\"\(Milliseconds.fixed(Self.height - 6, 1))\" text-anchor=\"middle\">\(HTMLText.escaped(across.title))</text>"
        )
        parts.append("<line class=\"axis\" x1=\"\(start)\" x2=\"\(end)\" y1=\"\(base)\" y2=\"\(base)\"/>")
        let legend = names.map { "<span class=\"\($0.style)\">\(HTMLText.escaped($0.name))</span>" }.joined()
        return """
            <figure>
            <figcaption>\(HTMLText.escaped(title))<small>\(HTMLText.escaped(up.title))</small>\(legend)</figcaption>
            <svg viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" role="img" aria-label="\(HTMLText.escaped(title))">
            \((parts + shapes).joined(separator: "\n"))
            </svg>
            </figure>
            """
    }
}

/// Text for HTML.
enum HTMLText {
    static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}
