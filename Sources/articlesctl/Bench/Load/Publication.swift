/// How an article is published: bytes that are the same every time but for the marker.
struct Publication: Sendable {
    enum Exchange: Sendable {
        /// A request; its status tells.
        case http
        /// On a plain connection: what is said first, and the bytes that answer an article.
        case stream(hello: [UInt8], answer: [UInt8])
    }

    let endpoint: LoadEndpoint
    let exchange: Exchange
    let bytes: [UInt8]
    /// Where in them the marker goes.
    let marker: Int

    init(endpoint: LoadEndpoint, exchange: Exchange, front: [UInt8], size: Int, back: [UInt8]) {
        self.endpoint = endpoint
        self.exchange = exchange
        bytes = front + Self.filler(size) + back
        marker = front.count
    }

    /// An HTTP request with a text of so many bytes, which begins with the marker.
    ///
    /// - Parameters:
    ///   - head: its lines, without the length.
    ///   - front, back: the body around the text.
    init(endpoint: LoadEndpoint, head: [String], front: [UInt8], size: Int, back: [UInt8]) {
        let length = "Content-Length: \(front.count + size + back.count)"
        self.init(
            endpoint: endpoint, exchange: .http, front: LoadTarget.head(head + [length]) + front, size: size, back: back
        )
    }

    /// Letters, which mean nothing in JSON, in forms, and in HTML.
    private static func filler(_ size: Int) -> [UInt8] { (0..<size).map { UInt8(ascii: "a") + UInt8($0 % 26) } }
}
