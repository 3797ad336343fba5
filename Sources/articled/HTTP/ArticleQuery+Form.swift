import Core

/// The query of `/api/articles/`.
extension ArticleQuery {
    static let defaultLimit = 20
    static let maxLimit = 500

    /// Names we do not know are ignored.
    ///
    /// - Throws: ``ServiceError`` `badRequest` naming the parameter.
    init(_ form: FormBody) throws(ServiceError) {
        self.init(limit: Self.defaultLimit)
        var topics: [String] = []
        for (name, value) in form.pairs {
            switch name {
            case "topic":
                guard isTopic(value) else {
                    throw ServiceError(.badRequest, "The parameter topic must be a topic such as news.")
                }
                topics.append(value)
            case "q":
                guard !value.unicodeScalars.contains("\0") else {
                    throw ServiceError(.badRequest, "The parameter q must not hold U+0000.")
                }
                text = value.isEmpty ? nil : value
            case "before":
                guard let id = Int64(value), id > 0 else {
                    throw ServiceError(.badRequest, "The parameter before must be an article's id.")
                }
                before = id
            case "after":
                guard let id = Int64(value), id >= 0 else {
                    throw ServiceError(.badRequest, "The parameter after must be an article's id, or 0.")
                }
                after = id
            case "limit":
                guard let number = Int(value), (1...Self.maxLimit).contains(number) else {
                    throw ServiceError(.badRequest, "The parameter limit must be a number from 1 to \(Self.maxLimit).")
                }
                limit = number
            default: break
            }
        }
        guard before == nil || after == nil else {
            throw ServiceError(.badRequest, "Only one of the parameters before and after can be given.")
        }
        filter = TopicFilter(topics)
    }

    /// The query string of the page behind an article.
    func next(behind id: Int64) -> String {
        var items = [(name: after == nil ? "before" : "after", value: String(id))]
        if limit != Self.defaultLimit { items.append(("limit", String(limit))) }
        items += filter.topics.map { ("topic", $0) }
        if let text { items.append(("q", text)) }
        return QueryString.encode(items)
    }
}
