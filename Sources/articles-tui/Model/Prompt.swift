/// A line that the user is typing.
struct Prompt: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case search, filter, date, pipe, command

        var label: String {
            switch self {
            case .search: "/"
            case .filter: "filter: "
            case .date: "day (2026-11-23, today, yesterday, -7): "
            case .pipe: "| "
            case .command: ":"
            }
        }
    }

    let kind: Kind
    private(set) var text: [Character]
    /// How many characters are before the cursor.
    private(set) var cursor: Int
    /// Lines of this kind from before, the newest last, and which of them is shown.
    private let history: [String]
    private var recalled: Int

    init(_ kind: Kind, text: String = "", history: [String] = []) {
        self.kind = kind
        self.text = Array(text)
        cursor = self.text.count
        self.history = history
        recalled = history.count
    }

    var line: String { String(text) }

    mutating func replace(_ line: String) {
        text = Array(line)
        cursor = text.count
    }

    /// Takes up a key that edits.
    mutating func edit(_ key: Key) {
        switch key {
        case .character(let character):
            text.insert(character, at: cursor)
            cursor += 1
        case .backspace where cursor > 0, .control("h") where cursor > 0:
            cursor -= 1
            text.remove(at: cursor)
        case .delete where cursor < text.count: text.remove(at: cursor)
        case .control("d") where cursor < text.count: text.remove(at: cursor)
        case .left, .control("b"): cursor = max(cursor - 1, 0)
        case .right, .control("f"): cursor = min(cursor + 1, text.count)
        case .home, .control("a"): cursor = 0
        case .end, .control("e"): cursor = text.count
        case .control("u"):
            text.removeFirst(cursor)
            cursor = 0
        case .control("k"): text.removeLast(text.count - cursor)
        case .control("w"): removeWord()
        case .up: recall(recalled - 1)
        case .down: recall(recalled + 1)
        default: break
        }
    }

    private mutating func removeWord() {
        var start = cursor
        while start > 0, text[start - 1] == " " { start -= 1 }
        while start > 0, text[start - 1] != " " { start -= 1 }
        text.removeSubrange(start..<cursor)
        cursor = start
    }

    private mutating func recall(_ index: Int) {
        guard (0...history.count).contains(index) else { return }
        recalled = index
        replace(index < history.count ? history[index] : "")
    }
}
