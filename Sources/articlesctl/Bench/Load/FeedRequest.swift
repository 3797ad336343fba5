import Core

/// What a subscriber of a load asks for, and how it reads what comes.
struct FeedRequest: Sendable {
    /// Whose feed it is.
    enum Dialect: Sendable {
        /// With cursors, which tell its order and where to go on, and with control objects.
        case articles
        /// Any: only the marker is known, and who is accepted is live.
        case other
    }

    let endpoint: LoadEndpoint
    let transport: Transport
    let dialect: Dialect
    /// With the query.
    let path: String
    /// All lines of the head but the first.
    let headers: [String]
    /// What is sent as soon as the feed is accepted.
    let greeting: [UInt8]

    /// RFC 6455 section 1.3 has this key, and what a server must make of it. Nobody learns anything from a fixed one.
    private static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    static let acceptance = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

    /// What a transport asks for, besides who asks whom.
    static func headers(_ transport: Transport, subprotocol: String?) -> [String] {
        switch transport {
        case .websocket:
            ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: \(key)", "Sec-WebSocket-Version: 13"]
                + (subprotocol.map { ["Sec-WebSocket-Protocol: \($0)"] } ?? [])
        case .sse: ["Accept: text/event-stream"]
        case .ndjson: ["Accept: application/x-ndjson"]
        }
    }

    /// - Parameter since: go on after this place, where the dialect has places.
    func bytes(since: Core.Cursor? = nil) -> [UInt8] {
        let resumption = dialect == .articles ? since.map { "&since=\($0)" } ?? "" : ""
        return LoadTarget.head(["GET \(path)\(resumption) HTTP/1.1"] + headers)
    }
}
