import ArticlesClient
import Core
import Foundation

/// Articles as people read them.
struct ArticleText {
    /// Whether meaning may be underlined by colour; never carried by it alone.
    let usesColor: Bool
    /// Whether a list is for programs: its columns with tabs between and nothing padded.
    var hasTabs = false

    /// For standard output: colour on a terminal, unless `NO_COLOR` is set (no-color.org).
    static func forOutput(environment: [String: String] = ProcessInfo.processInfo.environment) -> ArticleText {
        ArticleText(
            usesColor: Output.isTerminal && (environment["NO_COLOR"] ?? "").isEmpty, hasTabs: !Output.isTerminal)
    }

    private func dim(_ text: String) -> String { usesColor ? "\u{1B}[2m\(text)\u{1B}[0m" : text }
    private func bold(_ text: String) -> String { usesColor ? "\u{1B}[1m\(text)\u{1B}[0m" : text }

    /// One line of a list.
    func row(_ article: Article) -> String {
        guard hasTabs else { return line(article) }
        return [
            String(article.id), article.published.description, article.topic, TerminalText.line(article.author),
            TerminalText.line(article.title),
        ].joined(separator: "\t")
    }

    /// One line of a list or of the feed, for people.
    func line(_ article: Article, mark: String = "") -> String {
        let place = "\(time(article.published))  \(padded(String(article.id), 6))  \(padded(article.topic, 10))"
        return dim(place) + "  " + (mark.isEmpty ? "" : "[\(mark)] ") + bold(TerminalText.line(article.title))
    }

    /// What the feed says of an event.
    func line(_ event: FeedEvent) -> String {
        guard let article = event.article else {
            return dim("\(padded(String(event.id), 6))  [deleted]")
        }
        return line(article, mark: event.kind == .created ? "" : event.kind.rawValue)
    }

    /// The whole article.
    func page(_ article: Article) -> String {
        var lines = [
            bold(TerminalText.line(article.title)),
            dim("\(article.id) · \(article.topic) · \(TerminalText.line(article.author)) · \(time(article.published))"),
        ]
        if let updated = article.updated { lines.append(dim("edited \(time(updated))")) }
        if !article.body.isEmpty { lines += ["", TerminalText.block(article.body)] }
        return lines.joined(separator: "\n")
    }

    /// To the second, in UTC, as everybody's logs have it.
    private func time(_ timestamp: Timestamp) -> String {
        String(timestamp.description.prefix(19)).replacing("T", with: " ")
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
