import ArgumentParser
import ArticlesClient
import Core
import Foundation

/// `articlesctl export`
struct ExportArticles: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write all articles, oldest first: NDJSON, or JSON that Django's loaddata reads.",
        discussion: """
            Examples:
              articlesctl export > articles.ndjson
              articlesctl export --format django > articles.json && django-admin loaddata articles.json
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case ndjson, django
    }

    @Option(help: "ndjson, one article a line, or django.")
    var format = Format.ndjson

    @Option(help: "Only this topic.")
    var topic: String?

    @Option(help: ArgumentHelp("Only articles newer than this one, to go on after an interruption.", valueName: "id"))
    var after: Int64 = 0

    @OptionGroup var connection: ConnectionOptions

    private static let pageSize = 500

    func run() async throws {
        guard after >= 0 else { throw CommandFailure(.usage, "--after must be an article's id.") }
        try await connection.withClient { client in
            let total = topic == nil ? try await client.list(limit: 1).articles.first?.id : nil
            var (progress, count, last) = (Progress(), 0, after)
            defer { progress.finish() }
            while true {
                let page: ArticlePage
                do {
                    page = try await client.list(topic: topic, after: last, limit: Self.pageSize)
                } catch let error as ClientError {
                    progress.finish()
                    throw CommandFailure(error, server: client.server).adding("To go on: --after \(last)")
                }
                for article in page.articles { write(article, isFirst: count == 0 && article == page.articles.first) }
                count += page.articles.count
                last = page.articles.last?.id ?? last
                progress.update(
                    count, share: total.map { Double(last - after) / Double(max($0 - after, 1)) })
                if page.articles.count < Self.pageSize { break }
            }
            if format == .django { Output.line(count == 0 ? "[]" : "\n]") }
        }
    }

    private func write(_ article: Article, isFirst: Bool) {
        switch format {
        case .ndjson: Output.json(article.json())
        case .django: Output.part((isFirst ? "[\n" : ",\n").utf8 + Self.djangoObject(article))
        }
    }

    /// As Django's serialiser writes an instance of the model.
    static func djangoObject(_ article: Article) -> [UInt8] {
        JSONValue.object([
            JSONMember("model", .string("articles.article")), JSONMember("pk", .integer(article.id)),
            JSONMember(
                "fields",
                .object([
                    JSONMember("title", .string(article.title)), JSONMember("body", .string(article.body)),
                    JSONMember("topic", .string(article.topic)), JSONMember("author", .string(article.author)),
                    JSONMember("published", .string(article.published.description)),
                    JSONMember("updated", article.updated.map { .string($0.description) } ?? .null),
                ])),
        ]).bytes
    }
}
