/// A partial change of an article: `nil` leaves a member as it is.
public struct ArticlePatch: Hashable, Sendable {
    /// As in ``ArticleDraft``.
    public var title: String?
    /// As in ``ArticleDraft``.
    public var body: String?
    /// As in ``ArticleDraft``.
    public var topic: String?
    /// 1–64 characters.
    public var author: String?

    public init(title: String? = nil, body: String? = nil, topic: String? = nil, author: String? = nil) {
        self.title = title
        self.body = body
        self.topic = topic
        self.author = author
    }

    /// The same patch with title and author trimmed and every present member checked.
    ///
    /// - Throws: ``ServiceError`` with code `contentTooLarge` for a long body, else `unprocessable` with one
    ///   ``FieldError`` for each member that breaks a rule.
    public func validated(limits: ArticleLimits = ArticleLimits()) throws(ServiceError) -> ArticlePatch {
        if let body, body.utf8.count > limits.maxBodyBytes {
            throw ServiceError(
                .contentTooLarge,
                "The body has \(body.utf8.count) bytes; at most \(limits.maxBodyBytes) are allowed.")
        }
        var patch = self
        var errors: [FieldError] = []
        if let title {
            let trimmed = title.trimmed
            patch.title = trimmed
            if let message = titleProblem(trimmed) { errors.append(FieldError(field: "title", message: message)) }
        }
        if let topic, !isTopic(topic) {
            errors.append(
                FieldError(
                    field: "topic",
                    message: "must be 1–64 of a–z, 0–9, dot, underscore and hyphen, beginning with a letter or digit"))
        }
        if let author {
            let trimmed = author.trimmed
            patch.author = trimmed
            if let message = authorProblem(trimmed) { errors.append(FieldError(field: "author", message: message)) }
        }
        guard errors.isEmpty else { throw ServiceError(invalid: errors) }
        return patch
    }
}

/// Whether the text is a topic: `[a-z0-9][a-z0-9._-]{0,63}`.
public func isTopic(_ text: String) -> Bool {
    let bytes = text.utf8
    guard let first = bytes.first, bytes.count <= ArticleLimits.maxTopicBytes else { return false }
    func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
    guard isLowerAlphanumeric(first) else { return false }
    return bytes.dropFirst().allSatisfy { byte in
        isLowerAlphanumeric(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }
}

private func titleProblem(_ title: String) -> String? {
    if title.isEmpty { return "must not be empty" }
    if title.isPrintableASCII, title.utf8.count <= ArticleLimits.maxTitleCharacters { return nil }
    if title.count > ArticleLimits.maxTitleCharacters {
        return "has \(title.count) characters; at most \(ArticleLimits.maxTitleCharacters) are allowed"
    }
    if title.utf8.count > ArticleLimits.maxTitleBytes {
        return "has \(title.utf8.count) bytes; at most \(ArticleLimits.maxTitleBytes) are allowed"
    }
    return controlCharacterProblem(title)
}

private func authorProblem(_ author: String) -> String? {
    if author.isEmpty { return "must not be empty" }
    if author.isPrintableASCII, author.utf8.count <= ArticleLimits.maxAuthorCharacters { return nil }
    if author.count > ArticleLimits.maxAuthorCharacters {
        return "has \(author.count) characters; at most \(ArticleLimits.maxAuthorCharacters) are allowed"
    }
    if author.utf8.count > ArticleLimits.maxAuthorBytes {
        return "has \(author.utf8.count) bytes; at most \(ArticleLimits.maxAuthorBytes) are allowed"
    }
    return controlCharacterProblem(author)
}

/// C0, DEL and C1, and the two Unicode line separators, which break a line as surely as a newline does.
private func controlCharacterProblem(_ text: String) -> String? {
    for (index, scalar) in text.unicodeScalars.enumerated()
    where scalar.properties.generalCategory == .control || scalar == "\u{2028}" || scalar == "\u{2029}" {
        let code = String(scalar.value, radix: 16, uppercase: true)
        let padded = String(repeating: "0", count: max(0, 4 - code.count)) + code
        return "must not have control characters (U+\(padded) at character \(index + 1))"
    }
    return nil
}

extension String {
    /// As most titles are: each byte is a character, and none a control character.
    fileprivate var isPrintableASCII: Bool {
        utf8.allSatisfy { (0x20..<0x7F).contains($0) }
    }

    /// Without leading and trailing white space. Unicode's White_Space, less nothing: line ends count too.
    var trimmed: String {
        if let first = utf8.first, let last = utf8.last, (0x21..<0x7F).contains(first), (0x21..<0x7F).contains(last) {
            return self
        }
        guard let start = unicodeScalars.firstIndex(where: { !$0.properties.isWhitespace }) else { return "" }
        let end = unicodeScalars.lastIndex { !$0.properties.isWhitespace } ?? start
        return String(unicodeScalars[start...end])
    }
}
