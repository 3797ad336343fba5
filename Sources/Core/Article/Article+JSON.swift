extension Article {
    /// The flat object of the HTTP API.
    ///
    /// - Parameter cursor: the cursor of the event that made it so; the last member where given.
    public func json(cursor: Cursor? = nil) -> [UInt8] {
        var writer = JSONWriter(capacity: body.utf8.count + 320)
        write(to: &writer, cursor: cursor)
        return writer.bytes
    }

    /// The same, of fields that have been written already.
    ///
    /// - Parameter fields: ``fields``.
    public func json(fields: [UInt8], cursor: Cursor) -> [UInt8] {
        var writer = JSONWriter(capacity: fields.count + 64)
        writer.raw("{\"id\":")
        writer.integer(id)
        writer.raw(",")
        writer.raw(fields)
        writer.raw(",\"cursor\":")
        writer.cursor(cursor)
        writer.raw("}")
        return writer.bytes
    }

    /// The members that the flat object and Django's `fields` share, without braces.
    public var fields: [UInt8] {
        var writer = JSONWriter(capacity: body.utf8.count + 320)
        writeFields(to: &writer)
        return writer.bytes
    }

    /// Appends what ``json(cursor:)`` is.
    public func write(to writer: inout JSONWriter, cursor: Cursor? = nil) {
        writer.raw("{\"id\":")
        writer.integer(id)
        writer.raw(",")
        writeFields(to: &writer)
        if let cursor {
            writer.raw(",\"cursor\":")
            writer.cursor(cursor)
        }
        writer.raw("}")
    }

    func writeFields(to writer: inout JSONWriter) {
        writer.raw("\"title\":")
        writer.string(title)
        writer.raw(",\"body\":")
        writer.string(body)
        writer.raw(",\"topic\":")
        writer.string(topic)
        writer.raw(",\"author\":")
        writer.string(author)
        writer.raw(",\"published\":")
        writer.string(published.description)
        writer.raw(",\"updated\":")
        if let updated {
            writer.string(updated.description)
        } else {
            writer.raw("null")
        }
    }

    /// Reads the flat object of the HTTP API; members that are not ours are ignored, so that an older client can read
    /// a newer server.
    public init(json: JSONValue) throws(JSONShapeError) {
        let object = try JSONObject(json, path: "article")
        try self.init(id: object.integer("id"), fields: object)
    }

    init(id: Int64, fields: JSONObject) throws(JSONShapeError) {
        self.init(
            id: id, title: try fields.string("title"), body: try fields.string("body"),
            topic: try fields.string("topic"), author: try fields.string("author"),
            published: try fields.timestamp("published"), updated: try fields.optionalTimestamp("updated"))
    }
}
