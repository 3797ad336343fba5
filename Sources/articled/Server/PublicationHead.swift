/// The head of a request to publish, `POST /api/articles/` with a bearer token, read without making a string of every
/// header (RFC 9112 sections 2 to 6).
///
/// Deliberately narrow: what might not mean the same to every reader, and what is unusual in any way, it leaves to the
/// complete parser, before anything of the request has been acted on. Places are offsets from the head's first byte.
struct PublicationHead: Hashable, Sendable {
    /// The value of `Authorization`.
    private(set) var authorization = 0..<0
    private(set) var contentType: Range<Int>?
    private(set) var idempotencyKey: Range<Int>?
    /// What the client calls the request (`X-Request-ID`).
    private(set) var requestID: Range<Int>?
    /// Headers by which proxies say whom they speak for.
    private(set) var forwarding: [Field] = []
    /// The client closes the connection behind this request.
    private(set) var isLast = false
    /// The bytes of the body.
    private(set) var contentLength = 0
    /// The bytes of the head, with the empty line behind it.
    private(set) var length = 0

    struct Field: Hashable, Sendable {
        let name: Range<Int>
        let value: Range<Int>
    }

    /// What bytes turn out to be.
    enum Reading: Hashable, Sendable {
        /// So far it may be one.
        case incomplete
        /// Something else, or not as plain as it would have to be.
        case other
        case head(PublicationHead)
    }

    private static let requestLines: [StaticString] = [
        "POST /api/articles/ HTTP/1.1\r\n", "POST /api/articles HTTP/1.1\r\n",
    ]
    /// A body's length has no more digits than this.
    private static let maxLengthDigits = 9

    private struct Seen {
        var host = false
        var authorization = false
        var contentLength = false
    }

    static func read(_ bytes: UnsafeRawBufferPointer) -> Reading {
        guard let line = requestLines.first(where: { bytes.starts(with: $0) }) else {
            return requestLines.contains { bytes.isBeginning(of: $0) } ? .incomplete : .other
        }
        var head = PublicationHead()
        var seen = Seen()
        var position = line.utf8CodeUnitCount
        while true {
            guard let end = bytes.lineFeed(from: position) else { return .incomplete }
            guard end > position, bytes[end - 1] == UInt8(ascii: "\r") else { return .other }
            let field = position..<end - 1
            position = end + 1
            if field.isEmpty { break }
            guard head.take(field, of: bytes, &seen) else { return .other }
        }
        guard seen.host, seen.authorization, seen.contentLength else { return .other }
        head.length = position
        return .head(head)
    }

    /// Takes up one header; false if the complete parser must look at it.
    private mutating func take(_ field: Range<Int>, of bytes: UnsafeRawBufferPointer, _ seen: inout Seen) -> Bool {
        guard let (nameField, value) = bytes.field(field) else { return false }
        let name = UnsafeRawBufferPointer(rebasing: bytes[nameField])

        switch name.count {
        case 4 where name.is("host"):
            guard !seen.host, !value.isEmpty else { return false }
            seen.host = true
        case 13 where name.is("authorization"):
            // A password is for the router to check.
            guard !seen.authorization, UnsafeRawBufferPointer(rebasing: bytes[value]).begins("bearer ") else {
                return false
            }
            seen.authorization = true
            authorization = value
        case 12 where name.is("content-type"):
            guard contentType == nil else { return false }
            contentType = value
        case 12 where name.is("x-request-id"):
            guard requestID == nil else { return false }
            requestID = value
        case 15 where name.is("idempotency-key"):
            guard idempotencyKey == nil else { return false }
            idempotencyKey = value
        case 14 where name.is("content-length"):
            guard !seen.contentLength, let number = bytes.number(value, maxDigits: Self.maxLengthDigits) else {
                return false
            }
            seen.contentLength = true
            contentLength = number
        case 10 where name.is("connection"):
            let options = UnsafeRawBufferPointer(rebasing: bytes[value])
            if options.is("close") {
                isLast = true
            } else if !options.is("keep-alive") {
                return false
            }
        case 17 where name.is("transfer-encoding"), 16 where name.is("content-encoding"), 7 where name.is("upgrade"),
            6 where name.is("expect"), 7 where name.is("trailer"):
            return false
        // From a page: whether it may is for the router to say.
        case 6 where name.is("origin"):
            return false
        case 12... where name.begins("x-forwarded-"):
            forwarding.append(Field(name: nameField, value: value))
        default: break
        }
        return true
    }
}
