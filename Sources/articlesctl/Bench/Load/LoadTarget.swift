import Core
import Foundation

/// Where a load goes, and the bytes of its requests.
struct LoadTarget: Sendable {
    /// A `sockaddr`.
    let address: [UInt8]
    let sources: SourceAddresses
    /// The value of `Host`.
    let authority: String
    /// What all paths begin with.
    let path: String
    /// The value of `Authorization`; `nil` without a token.
    let authorization: String?
    let topic: String
    let transport: Transport

    /// RFC 6455 section 1.3 has this key, and what a server must make of it. Nobody learns anything from a fixed one.
    private static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    static let acceptance = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

    /// The request for the feed of the topic, without what is there already.
    ///
    /// - Parameter since: go on after this place.
    func subscription(since: Core.Cursor?) -> [UInt8] {
        let query = "?topic=\(topic)&last=0" + (since.map { "&since=\($0)" } ?? "")
        var lines: [String]
        switch transport {
        case .websocket:
            lines = [
                "GET \(path)/articles\(query) HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade",
                "Sec-WebSocket-Key: \(Self.key)", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: articles.v1",
            ]
        case .sse: lines = ["GET \(path)/events\(query) HTTP/1.1", "Accept: text/event-stream"]
        case .ndjson: lines = ["GET \(path)/events\(query) HTTP/1.1", "Accept: application/x-ndjson"]
        }
        lines += common
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    private var common: [String] {
        ["Host: \(authority)", "User-Agent: articlesctl-bench/\(ProjectVersion.number)"]
            + (authorization.map { ["Authorization: \($0)"] } ?? [])
    }

    /// A request that publishes an article with a body of so many bytes, and where in it the marker goes.
    func publication(size: Int) -> (request: [UInt8], marker: Int) {
        let filler = (0..<size).map { UInt8(ascii: "a") + UInt8($0 % 26) }
        let front = Array("{\"title\":\"bench\",\"topic\":\"\(topic)\",\"body\":\"".utf8)
        let back = Array("\"}".utf8)
        let head =
            ["POST \(path)/api/articles/ HTTP/1.1"] + common
            + ["Content-Type: application/json", "Content-Length: \(front.count + size + back.count)"]
        let start = Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8) + front
        return (start + filler + back, start.count)
    }

    /// The addresses of a host, best first.
    static func addresses(of host: String, port: Int) -> [[UInt8]] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var addresses: [[UInt8]] = []
        var next = list
        while let entry = next?.pointee {
            addresses.append(Array(UnsafeRawBufferPointer(start: entry.ai_addr, count: Int(entry.ai_addrlen))))
            next = entry.ai_next
        }
        return addresses
    }
}
