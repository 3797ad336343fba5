import ArticlesClient
import Core

/// What the reading pane shows, broken into lines. Kept in the model, for scrolling needs the lines, and a long article
/// should be broken once.
struct ReaderPage {
    enum Subject: Hashable {
        case nothing
        case article(Article)
        case departed(Article, Model.Departure)
        case gap(ControlMessage.ResetReason)
        /// Its body is on its way.
        case loading(Summary)
        case unavailable(Summary, String)

        /// The article's, if there is one.
        var id: Int64? {
            switch self {
            case .article(let article), .departed(let article, _): article.id
            case .loading(let summary), .unavailable(let summary, _): summary.id
            case .nothing, .gap: nil
            }
        }
    }

    /// All that the lines depend on.
    struct Request: Hashable {
        var subject: Subject
        var width: Int
        /// What is marked where it occurs.
        var matcher: TextMatcher?
    }

    let request: Request
    private(set) var lines: [StyledLine] = []
    /// How many lines the title takes.
    private(set) var titleLines = 0..<0
    /// The addresses in the article, numbered from 1 on the screen.
    private(set) var links: [String] = []
    /// How much of the body comes before each line; nothing for the lines above it.
    private var origins: [Int] = []

    init() {
        request = Request(subject: .nothing, width: 0)
    }

    init(_ request: Request, source: Source, appearance: Appearance) {
        self.request = request
        switch request.subject {
        case .nothing:
            break
        case .gap(let reason):
            append(GapText.explanation(reason), .warning)
        case .departed(let article, .deleted):
            append("This article was deleted. It is still here until you go to another one.", .warning)
            append(Summary(article), body: article.body, source, appearance)
        case .departed(let article, .moved(let topic)):
            append("This article moved to the topic \(TerminalText.line(topic)), which was not asked for.", .warning)
            append(Summary(article), body: article.body, source, appearance)
        case .article(let article):
            append(Summary(article), body: article.body, source, appearance)
        case .loading(let summary):
            append(summary, body: nil, source, appearance)
        case .unavailable(let summary, let reason):
            append(summary, body: nil, source, appearance)
            append("")
            append("The text can't be had: \(TerminalText.line(reason)).", .warning)
        }
    }

    private mutating func append(_ article: Summary, body: String?, _ source: Source, _ appearance: Appearance) {
        let time = LocalTime(timeZone: appearance.timeZone)
        let start = lines.count
        append(TerminalText.line(article.title), .bold)
        titleLines = start..<lines.count
        let facts = [
            TerminalText.line(article.author), TerminalText.line(article.topic), time.long(article.published),
            "#\(article.id)",
        ]
        append(facts.joined(separator: " \(appearance.symbols.dot) "), [.dim, .time])
        if let updated = article.updated {
            append("edited \(time.long(updated))", .accent)
        }
        guard let body else { return }
        append("")
        let text = numbered(TerminalText.block(body))
        if !text.isEmpty {
            for line in TextWrap(width: request.width).lines(text) {
                lines.append(marked(line.text, []))
                origins.append(line.origin)
            }
            append("", origin: text.count)
        }
        for (index, link) in links.enumerated() { append("[\(index + 1)] \(link)", .link, origin: text.count) }
        append(source.permalink(article.id), .accent, origin: text.count)
    }

    /// The text with a number behind each address.
    private mutating func numbered(_ text: String) -> String {
        var result = ""
        var start = text.startIndex
        for range in LinkScanner.ranges(in: text) {
            let link = String(text[range])
            if !links.contains(link) { links.append(link) }
            let number = links.firstIndex(of: link).map { $0 + 1 } ?? links.count
            result += text[start..<range.upperBound] + "[\(number)]"
            start = range.upperBound
        }
        return result + text[start...]
    }

    private mutating func append(_ text: String, _ style: Style = [], origin: Int = 0) {
        for line in TextWrap(width: request.width).lines(text) {
            lines.append(marked(line.text, style))
            origins.append(origin)
        }
    }

    private func marked(_ text: String, _ style: Style) -> StyledLine {
        if let parts = request.matcher?.ranges(in: text), !parts.isEmpty {
            return StyledLine(text, style, parts: parts, .match)
        }
        return StyledLine(text, style, parts: LinkScanner.ranges(in: text), .link)
    }

    func isSameArticle(as other: ReaderPage) -> Bool {
        request.subject.id != nil && request.subject.id == other.request.subject.id
    }

    /// The line that shows what another page of the same article has at `offset`.
    func offset(_ offset: Int, of other: ReaderPage) -> Int {
        guard offset > 0, offset < other.origins.count else { return 0 }
        let origin = other.origins[offset]
        guard origin > 0 else { return offset }
        return origins.lastIndex { $0 <= origin } ?? 0
    }
}
