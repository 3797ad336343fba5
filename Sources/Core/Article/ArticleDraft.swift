/// What a publisher sends: an article that has no identity yet.
public struct ArticleDraft: Hashable, Sendable {
    /// 1–256 characters; what is around it is trimmed.
    public var title: String
    /// Plain text; may be empty.
    public var body: String
    /// `[a-z0-9][a-z0-9._-]{0,63}`
    public var topic: String
    /// `nil` means the account that posts it.
    public var author: String?

    public init(
        title: String, body: String = "", topic: String = ArticleLimits.defaultTopic, author: String? = nil
    ) {
        self.title = title
        self.body = body
        self.topic = topic
        self.author = author
    }

    /// The same draft with its title, topic and author trimmed and every rule checked.
    ///
    /// - Throws: ``ServiceError`` with code `contentTooLarge` for a long body, else `unprocessable` with one
    ///   ``FieldError`` for each member that breaks a rule.
    public func validated(limits: ArticleLimits = ArticleLimits()) throws(ServiceError) -> ArticleDraft {
        try ArticlePatch(title: title, body: body, topic: topic, author: author).validated(limits: limits)
            .applied(to: self)
    }
}

extension ArticlePatch {
    fileprivate func applied(to draft: ArticleDraft) -> ArticleDraft {
        ArticleDraft(
            title: title ?? draft.title, body: body ?? draft.body, topic: topic ?? draft.topic,
            author: author ?? draft.author)
    }
}
