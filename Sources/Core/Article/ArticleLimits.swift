/// The limits that articles are checked against.
public struct ArticleLimits: Hashable, Sendable {
    /// The topic of a draft that names none.
    public static let defaultTopic = "news"
    /// Longest title, in characters (extended grapheme clusters).
    public static let maxTitleCharacters = 256
    /// Longest title, in bytes of UTF-8: a character of many combining marks is still one character.
    public static let maxTitleBytes = 4096
    /// Longest author, in characters.
    public static let maxAuthorCharacters = 64
    /// Longest author, in bytes of UTF-8.
    public static let maxAuthorBytes = 1024
    /// Longest topic, in bytes of ASCII.
    public static let maxTopicBytes = 64

    /// Longest body, in bytes of UTF-8.
    public var maxBodyBytes: Int

    public init(maxBodyBytes: Int = 64 * 1024) {
        self.maxBodyBytes = maxBodyBytes
    }
}
