import ArticlesClient
import Core

/// What a server is asked, each question in a task of its own; the answers come as events.
struct ServerQuestions: Sendable {
    let client: ArticlesClient
    let state: StateFile?
    let filter: TopicFilter
    let reply: @Sendable (Event) -> Void

    func body(_ id: Int64) async {
        do {
            reply(.body(try await client.article(id: id).article))
        } catch {
            reply(.noBody(id: id, reason: "\(error)"))
        }
    }

    func page(_ request: ArticlePages.Request) async {
        let answer = await answer(request, topics(request.topic))
        if answer.failure == nil { state?.keep(answer, for: request, topics: filter) }
        reply(.page(request, answer))
    }

    /// - Parameter cached: what to show if the server can't be asked.
    func search(_ text: String, topic: String?, cached: [Article]) async {
        do {
            let page = try await client.list(topics: topics(topic), query: text, limit: ArticlePages.size)
            reply(.found(text: text, articles: page.articles, isAll: page.next == nil))
        } catch {
            reply(.found(text: text, articles: cached, isAll: false))
            reply(.notice("the server could not be asked: \(error)"))
        }
    }

    func day(_ day: Day, topic: String?) async {
        do {
            let newest = try await DaySearch(client: client, topics: topics(topic)).newest(before: day.end)
            guard let newest else { return reply(.day(.init(topic: topic), .init())) }
            let request = ArticlePages.Request(topic: topic, before: newest + 1)
            reply(.day(request, await answer(request, topics(topic))))
        } catch {
            reply(.day(.init(topic: topic), .init(failure: "the day could not be looked for: \(error)")))
        }
    }

    func allTopics() async {
        do {
            reply(.topics(try await client.topics().map(\.topic)))
        } catch {
            reply(.notice("the server's topics could not be had: \(error)"))
        }
    }

    private func topics(_ topic: String?) -> [String] {
        topic.map { [$0] } ?? filter.topics
    }

    private func answer(_ request: ArticlePages.Request, _ topics: [String]) async -> ArticlePages.Answer {
        do {
            let page = try await client.list(
                topics: topics, before: request.before, after: request.after, limit: ArticlePages.size)
            guard request.after == nil else {
                return .init(articles: page.articles.reversed(), isEnd: page.articles.count < ArticlePages.size)
            }
            return .init(articles: page.articles, isEnd: page.next == nil)
        } catch {
            return .init(failure: "\(error)")
        }
    }
}
