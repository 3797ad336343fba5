import NIOHTTP1

/// The head of a request for the feed, `GET /articles`, as nearly all clients send it: read without the complete parser,
/// for after a restart everybody comes at once.
///
/// As narrow as ``PublicationHead``: what is unusual in any way it leaves to the complete parser.
enum HandshakeHead {
    private static let beginning: StaticString = "GET /articles"
    private static let version: StaticString = " HTTP/1.1"
    /// With these a body may follow, or an answer before the answer.
    private static let unusual: [StaticString] = ["content-length", "transfer-encoding", "expect", "trailer"]

    /// - Returns: `nil` unless the bytes are such a head, whole, with nothing behind it.
    static func read(_ bytes: UnsafeRawBufferPointer) -> HTTPRequestHead? {
        guard bytes.starts(with: beginning), let lineEnd = bytes.lineFeed(from: 0), bytes[lineEnd - 1] == 0x0D,
            let target = target(of: UnsafeRawBufferPointer(rebasing: bytes[..<(lineEnd - 1)]))
        else { return nil }
        var headers = HTTPHeaders()
        headers.reserveCapacity(8)
        var position = lineEnd + 1
        while let end = bytes.lineFeed(from: position) {
            guard end > position, bytes[end - 1] == 0x0D else { return nil }
            let line = position..<end - 1
            position = end + 1
            if line.isEmpty {
                return position == bytes.count
                    ? HTTPRequestHead(version: .http1_1, method: .GET, uri: target, headers: headers) : nil
            }
            guard let field = bytes.field(line) else { return nil }
            let name = UnsafeRawBufferPointer(rebasing: bytes[field.name])
            guard !unusual.contains(where: { name.is($0) }) else { return nil }
            headers.add(
                name: String(decoding: name, as: UTF8.self), value: String(decoding: bytes[field.value], as: UTF8.self))
        }
        return nil
    }

    private static func target(of line: UnsafeRawBufferPointer) -> String? {
        let end = line.count - version.utf8CodeUnitCount
        let start = 4
        guard end > start, UnsafeRawBufferPointer(rebasing: line[end...]).starts(with: version),
            line[start..<end].allSatisfy({ (0x21..<0x7F).contains($0) && $0 != UInt8(ascii: "#") })
        else { return nil }
        return String(decoding: line[start..<end], as: UTF8.self)
    }
}
