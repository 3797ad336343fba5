import ArticlesClient
import Core
import Synchronization

/// What waits to be posted, one after the other. An entry leaves when the server has it, once.
final class Outbox: Sendable {
    private let client: ArticlesClient
    private let state: StateFile?
    private let reply: @Sendable (Event) -> Void
    /// Without a state file they are kept here alone.
    private let unkept = Mutex<[OutboxEntry]>([])
    private let isPosting = Mutex((running: false, again: false))

    init(client: ArticlesClient, state: StateFile?, reply: @escaping @Sendable (Event) -> Void) {
        self.client = client
        self.state = state
        self.reply = reply
    }

    func entries() -> [OutboxEntry] {
        state?.entries() ?? unkept.withLock { $0 }
    }

    func put(_ entry: OutboxEntry) {
        if let state { return state.put(entry) }
        unkept.withLock { entries in
            if let index = entries.firstIndex(where: { $0.key == entry.key }) {
                entries[index] = entry
            } else {
                entries.append(entry)
            }
        }
    }

    func remove(_ key: String) {
        if let state { return state.remove(entry: key) }
        unkept.withLock { $0.removeAll { $0.key == key } }
    }

    /// Tries one entry, or all that only wait for the link.
    func post(key: String?) {
        let mustStart = isPosting.withLock { state in
            defer { state = (true, state.running) }
            return !state.running
        }
        if mustStart { Task.detached { await self.postUntilDone(key) } }
    }

    private func postUntilDone(_ key: String?) async {
        await postAll(key)
        // Whatever came meanwhile.
        while isAskedAgain() { await postAll(nil) }
    }

    private func isAskedAgain() -> Bool {
        isPosting.withLock { state in
            defer { state = (state.again, false) }
            return state.again
        }
    }

    private func postAll(_ key: String?) async {
        for entry in entries() where key.map({ $0 == entry.key }) ?? (entry.problem == nil) {
            await post(entry)
            reply(.outbox(entries()))
        }
        // Another instance may have posted what this one shows.
        reply(.outbox(entries()))
    }

    private func post(_ entry: OutboxEntry) async {
        switch await Delivery(client: client).deliver(entry) {
        case .done:
            remove(entry.key)
            reply(.notice(Self.done(entry)))
        case .waits(let reason):
            reply(.notice("\(reason) It waits in the outbox."))
        case .fails(let reason):
            var failed = entry
            failed.problem = reason
            put(failed)
            reply(.notice("not posted: \(reason)"))
        }
    }

    private static func done(_ entry: OutboxEntry) -> String {
        switch entry.kind {
        case .add: "posted \"\(entry.draft.title)\""
        case .edit(let base): "changed #\(base.id)"
        case .delete(let article): "deleted #\(article.id)"
        }
    }
}

/// Brings one entry to the server so that a repetition changes nothing.
struct Delivery {
    enum Result: Hashable {
        case done
        /// It may work later.
        case waits(String)
        /// It can't work as it is.
        case fails(String)
    }

    let client: ArticlesClient

    func deliver(_ entry: OutboxEntry) async -> Result {
        do {
            switch entry.kind {
            case .add:
                _ = try await client.add(entry.draft, idempotencyKey: entry.key)
                return .done
            case .edit(let base): return try await edit(base, entry.draft)
            case .delete(let article):
                try await client.delete(id: article.id)
                return .done
            }
        } catch {
            return result(of: error, entry)
        }
    }

    private func edit(_ base: Article, _ draft: ArticleDraft) async throws(ClientError) -> Result {
        let current = try await client.article(id: base.id)
        let now = ArticleDraft(
            title: current.article.title, body: current.article.body, topic: current.article.topic)
        // A try before this one may have come through without its answer.
        if now == draft { return .done }
        guard now == ArticleDraft(title: base.title, body: base.body, topic: base.topic) else {
            return .fails("somebody has changed #\(base.id) meanwhile")
        }
        let patch = ArticlePatch(
            title: draft.title == base.title ? nil : draft.title, body: draft.body == base.body ? nil : draft.body,
            topic: draft.topic == base.topic ? nil : draft.topic)
        _ = try await client.update(id: base.id, patch: patch, ifMatch: current.entityTag)
        return .done
    }

    private func result(of error: ClientError, _ entry: OutboxEntry) -> Result {
        switch (error, entry.kind) {
        case (.unreachable, _), (.refused(429, _, _, _, _), _), (.refused(500..., _, _, _, _), _):
            .waits("\(error)")
        case (.refused(412, _, _, _, _), .edit(let base)): .fails("somebody has changed #\(base.id) meanwhile")
        // It is gone, which is what was asked for.
        case (.refused(404, _, _, _, _), .delete): .done
        default: .fails("\(error)")
        }
    }
}
