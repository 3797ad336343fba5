import Core

/// Where a load goes, and the bytes that it sends there.
struct LoadTarget: Sendable {
    let feed: FeedRequest
    let publication: Publication

    static let userAgent = "User-Agent: articlesctl-bench/\(ProjectVersion.number)"

    /// A request's head, with the empty line.
    static func head(_ lines: [String]) -> [UInt8] {
        Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }
}
