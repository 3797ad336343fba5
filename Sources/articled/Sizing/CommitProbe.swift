import Console
import Core

/// How fast articles become durable: the real store, on the disk where it would be.
struct CommitProbe {
    let store: SQLiteStore
    /// The text of each article.
    let body: String

    /// Commits as many articles together as `batch` says, until the time is over or somebody interrupts.
    ///
    /// - Returns: articles a second.
    /// - Throws: `DatabaseError` if the disk is full or fails.
    func articlesPerSecond(batch: Int, for span: Duration) throws -> Double {
        let author = AuditActor(name: Account.localName, address: "")
        let draft = ArticleDraft(title: "A measurement of articled size", body: body)
        let commands = [WriteCommand](repeating: .create(draft, by: author, key: nil), count: batch)
        let start = ContinuousClock.now
        var count = 0
        repeat {
            _ = try store.commit(commands, at: .now, term: 1)
            count += batch
        } while start.duration(to: .now) < span && !Interruption.isAsked
        return Double(count) / (start.duration(to: .now) / .seconds(1))
    }
}
