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

        var article: Article? {
            switch self {
            case .article(let article), .departed(let article, _): article
            case .nothing, .gap: nil
            }
        }
    }

    /// All that the lines depend on.
    struct Request: Hashable {
        var subject: Subject
        var width: Int
    }

    let request: Request
    private(set) var lines: [StyledLine] = []
    /// How many lines the title takes.
    private(set) var titleLines = 0..<0
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
            append(article, source, appearance)
        case .departed(let article, .moved(let topic)):
            append("This article moved to the topic \(topic), which was not asked for.", .warning)
            append(article, source, appearance)
        case .article(let article):
            append(article, source, appearance)
        }
    }

    private mutating func append(_ article: Article, _ source: Source, _ appearance: Appearance) {
        let time = LocalTime(timeZone: appearance.timeZone)
        let start = lines.count
        append(TerminalText.line(article.title), .bold)
        titleLines = start..<lines.count
        let facts = [
            TerminalText.line(article.author), article.topic, time.long(article.published), "#\(article.id)",
        ]
        append(facts.joined(separator: " \(appearance.symbols.dot) "), .dim)
        if let updated = article.updated {
            append("edited \(time.long(updated))", .accent)
        }
        append("", [])
        if !article.body.isEmpty {
            for line in TextWrap(width: request.width).lines(TerminalText.block(article.body)) {
                lines.append(StyledLine(line.text))
                origins.append(line.origin)
            }
            append("", [], origin: article.body.count)
        }
        append(source.permalink(article.id), .accent, origin: article.body.count)
    }

    private mutating func append(_ text: String, _ style: Style, origin: Int = 0) {
        for line in TextWrap(width: request.width).lines(text) {
            lines.append(StyledLine(line.text, style))
            origins.append(origin)
        }
    }

    func isSameArticle(as other: ReaderPage) -> Bool {
        request.subject.article != nil && request.subject.article?.id == other.request.subject.article?.id
    }

    /// The line that shows what another page of the same article has at `offset`.
    func offset(_ offset: Int, of other: ReaderPage) -> Int {
        guard offset > 0, offset < other.origins.count else { return 0 }
        let origin = other.origins[offset]
        guard origin > 0 else { return offset }
        return origins.lastIndex { $0 <= origin } ?? 0
    }
}
