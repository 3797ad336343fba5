import Core

/// The query of `/api/audit/`.
extension AuditQuery {
    private static let defaultLimit = 50
    static let maxLimit = 500

    /// Names we do not know are ignored.
    ///
    /// - Throws: ``ServiceError`` `badRequest` naming the parameter.
    init(_ form: FormBody) throws(ServiceError) {
        self.init(limit: Self.defaultLimit)
        account = form["account"]
        article = try Self.positive("article", form["article"])
        before = try Self.positive("before", form["before"])
        if let number = try Self.positive("limit", form["limit"]) {
            guard number <= Self.maxLimit else {
                throw ServiceError(.badRequest, "The parameter limit must be a number from 1 to \(Self.maxLimit).")
            }
            limit = Int(number)
        }
        if let text = form["action"] {
            guard let known = AuditAction(rawValue: text) else {
                throw ServiceError(
                    .badRequest, "The parameter action must be such as \"\(AuditAction.login.rawValue)\".")
            }
            action = known
        }
    }

    /// The query string of the page behind a line.
    func next(behind id: Int64) -> String {
        var items = [(name: "before", value: String(id)), (name: "limit", value: String(limit))]
        if let account { items.append(("account", account)) }
        if let action { items.append(("action", action.rawValue)) }
        if let article { items.append(("article", String(article))) }
        return QueryString.encode(items)
    }

    private static func positive(_ name: String, _ value: String?) throws(ServiceError) -> Int64? {
        guard let value else { return nil }
        guard let number = Int64(value), number > 0 else {
            throw ServiceError(.badRequest, "The parameter \(name) must be a number from 1 on.")
        }
        return number
    }
}
