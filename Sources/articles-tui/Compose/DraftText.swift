import Core

/// An article as the user sees it in the editor: the title on the first line, the topic, an empty line, the body.
enum DraftText {
    /// Everything from this line on is for the user alone.
    static let scissors = "# ---- 8< ---- everything from this line on is left out"

    static func text(_ draft: ArticleDraft) -> String {
        """
        \(draft.title)
        topic: \(draft.topic)

        \(draft.body)
        \(scissors)
        # The first line is the title. The line "topic: …" may be left out.
        # An empty title, or an unchanged text, posts nothing.

        """
    }

    /// What was written; `nil` if there is no title.
    static func draft(_ text: String, topic: String) -> ArticleDraft? {
        var lines = text.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false)
        if let end = lines.firstIndex(where: { $0 == scissors }) { lines.removeSubrange(end...) }
        guard let title = lines.first?.trimmed, !title.isEmpty else { return nil }
        lines.removeFirst()
        var draft = ArticleDraft(title: title, topic: topic)
        if let line = lines.first, line.lowercased().hasPrefix("topic:") {
            draft.topic = line.dropFirst("topic:".count).trimmed
            lines.removeFirst()
        }
        while let line = lines.first, line.trimmed.isEmpty { lines.removeFirst() }
        while let line = lines.last, line.trimmed.isEmpty { lines.removeLast() }
        draft.body = lines.joined(separator: "\n")
        return draft
    }
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
