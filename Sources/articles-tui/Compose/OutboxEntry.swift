import Core

/// Something that waits to be posted; it is posted once, whatever breaks on the way.
struct OutboxEntry: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case add
        /// What the article was when it was edited, so that somebody else's change is noticed.
        case edit(base: Article)
        case delete(Article)
    }

    /// Lets the server know a repetition.
    var key: String
    var kind: Kind
    var draft: ArticleDraft
    /// Why it can't be posted as it is; `nil` while it waits for the link.
    var problem: String?
    /// The key of the entry that this one takes the place of.
    var replaces: String?

    /// How it is, for the list.
    var label: String { problem == nil ? "[waiting]" : "[not posted]" }

    /// What it is, and why it is still here.
    var explanation: String {
        let what =
            switch kind {
            case .add: "a new article"
            case .edit(let base): "an edit of #\(base.id)"
            case .delete(let article): "the deletion of #\(article.id)"
            }
        return what + (problem.map { ", not posted: \($0)" } ?? ", waiting for the link")
    }
}

/// What the user is to write.
enum Composition: Hashable, Sendable {
    case add(topic: String)
    case edit(Article)
    /// Something in the outbox, once more.
    case again(OutboxEntry)
}
