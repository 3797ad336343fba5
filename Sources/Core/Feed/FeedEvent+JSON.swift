extension FeedEvent {
    /// The `model` of Django's serialiser.
    public static let model = "articles.article"

    /// One element of a data frame: Django's serialised object, followed by `event` and `cursor`.
    public var json: [UInt8] {
        var writer = JSONWriter(capacity: (article?.body.utf8.count ?? 0) + 400)
        write(to: &writer)
        return writer.bytes
    }

    /// The same, of an article whose fields have been written already.
    ///
    /// - Parameter fields: ``Article/fields``.
    public func json(fields: [UInt8]) -> [UInt8] {
        var writer = JSONWriter(capacity: fields.count + 128)
        write(to: &writer) { $0.raw(fields) }
        return writer.bytes
    }

    /// Appends what ``json`` is.
    public func write(to writer: inout JSONWriter) {
        write(to: &writer) { article?.writeFields(to: &$0) }
    }

    private func write(to writer: inout JSONWriter, fields: (inout JSONWriter) -> Void) {
        writer.raw("{\"model\":\"articles.article\",\"pk\":")
        writer.integer(id)
        writer.raw(",\"fields\":")
        if article != nil {
            writer.raw("{")
            fields(&writer)
            writer.raw("}")
        } else {
            writer.raw("null")
        }
        writer.raw(",\"event\":")
        writer.string(kind.rawValue)
        writer.raw(",\"cursor\":")
        writer.cursor(cursor)
        writer.raw("}")
    }

    /// Reads what ``json`` has written.
    ///
    /// - Throws: ``JSONShapeError``, which names the member.
    public init(json: JSONValue) throws(JSONShapeError) {
        let object = try JSONObject(json, path: "event")
        let name = try object.string("event")
        guard let kind = FeedEventKind(rawValue: name) else {
            throw JSONShapeError(path: "event.event", reason: "must be created, updated or deleted, not \"\(name)\"")
        }
        let id = try object.integer("pk")
        let cursor = try object.cursor("cursor")
        switch kind {
        case .deleted: self.init(deleted: id, cursor: cursor)
        case .created: self.init(created: try Article(id: id, fields: object.object("fields")), cursor: cursor)
        case .updated: self.init(updated: try Article(id: id, fields: object.object("fields")), cursor: cursor)
        }
    }
}
