import ArticlesClient
import Core
import Dispatch
import Foundation

/// One server: its client, its feed, and what is kept of it.
final class Session {
    let source: Source
    /// What was kept when it began.
    let kept: KeptState
    private let client: ArticlesClient
    private let state: StateFile?
    private let outbox: Outbox
    private let questions: ServerQuestions
    private var feed: FeedReader?
    private let queue: EventQueue
    private let generation: Int

    init(
        _ choice: ServerChoices.Choice, choices: ServerChoices, stateDirectory: String, cache: Int, queue: EventQueue,
        generation: Int
    ) {
        self.queue = queue
        self.generation = generation
        let reply: @Sendable (Event) -> Void = { queue.add($0, generation: generation) }
        source = choices.source(choice)
        client = ArticlesClient(server: choice.url, credential: choice.credential, trust: choice.trust)
        let (state, problem) = StateFile.open(
            directory: stateDirectory, server: choice.url, query: choice.query, capacity: cache, now: .now,
            report: { reply(.notice($0)) })
        self.state = state
        var kept = state?.keptState(topics: choice.query.filter) ?? KeptState()
        kept.problem = problem
        self.kept = kept
        outbox = Outbox(client: client, state: state, reply: reply)
        questions = ServerQuestions(client: client, state: state, filter: choice.query.filter, reply: reply)
    }

    /// Follows the feed from where it was left.
    func start() {
        guard !source.isOffline else { return }
        var query = source.query
        query.since = kept.cursor
        feed = FeedReader(client, query: query, state: state, queue: queue, generation: generation)
    }

    func stop() {
        feed?.stop()
        if feed == nil { Task.detached { [client] in await client.shutdown() } }
        state?.close()
    }

    // MARK: - Reading

    func loadBody(_ id: Int64, updated: Timestamp?) -> [Event] {
        if let article = state?.article(id), article.updated == updated || source.isOffline { return [.body(article)] }
        guard !source.isOffline else { return [.noBody(id: id, reason: "it is not in the cache")] }
        Task.detached { [questions] in await questions.body(id) }
        return []
    }

    func loadPage(_ request: ArticlePages.Request) -> [Event] {
        if let answer = state?.page(request, topics: source.query.filter, isOffline: source.isOffline) {
            return [.page(request, answer)]
        }
        if source.isOffline { return [.page(request, .init(failure: "there is no cache"))] }
        Task.detached { [questions] in await questions.page(request) }
        return []
    }

    func search(_ text: String, topic: String?) -> [Event] {
        let cached = state?.search(text, topics: topic.map { [$0] } ?? source.query.filter.topics) ?? []
        guard !source.isOffline else { return [.found(text: text, articles: cached, isAll: false)] }
        Task.detached { [questions] in await questions.search(text, topic: topic, cached: cached) }
        return []
    }

    func find(_ day: Day, topic: String?) -> [Event] {
        guard source.isOffline else {
            Task.detached { [questions] in await questions.day(day, topic: topic) }
            return []
        }
        let newest = state?.newest(before: day.end, topics: topic.map { [$0] } ?? source.query.filter.topics)
        let request = ArticlePages.Request(topic: topic, before: newest.map { $0 + 1 })
        let answer = newest == nil ? nil : state?.page(request, topics: source.query.filter, isOffline: true)
        return [.day(request, answer ?? .init())]
    }

    func loadTopics() {
        Task.detached { [questions] in await questions.allTopics() }
    }

    func keepRead(_ ids: [Int64], isRead: Bool) {
        state?.later { $0.keepRead(ids, isRead: isRead) }
    }

    // MARK: - Writing

    func send(_ entry: OutboxEntry) -> [Event] {
        if let key = entry.replaces { outbox.remove(key) }
        outbox.put(entry)
        post(key: entry.key)
        return [.outbox(outbox.entries())]
    }

    func delete(_ article: Article) -> [Event] {
        send(
            OutboxEntry(
                key: UUID().uuidString, kind: .delete(article),
                draft: ArticleDraft(title: article.title, topic: article.topic)))
    }

    func post(key: String?) {
        guard !source.isOffline else { return }
        outbox.post(key: key)
    }

    func discard(key: String) -> [Event] {
        outbox.remove(key)
        return [.outbox(outbox.entries()), .notice("discarded")]
    }
}
