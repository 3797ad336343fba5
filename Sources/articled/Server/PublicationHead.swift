#if canImport(Glibc)
    import Glibc
#endif

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
        var colon = field.lowerBound
        while colon < field.upperBound, bytes[colon].isTokenByte { colon += 1 }
        guard colon > field.lowerBound, colon < field.upperBound, bytes[colon] == UInt8(ascii: ":") else {
            return false
        }
        let name = UnsafeRawBufferPointer(rebasing: bytes[field.lowerBound..<colon])
        let value = bytes.withoutLeadingSpaces(colon + 1..<field.upperBound)
        // Not everybody takes white space at the end for none of the value's.
        guard bytes[value].allSatisfy(\.isPlainByte), bytes[value].last != UInt8(ascii: " ") else { return false }

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
            forwarding.append(Field(name: field.lowerBound..<colon, value: value))
        default: break
        }
        return true
    }
}

extension UInt8 {
    /// One bit for each character of a token (RFC 9110 section 5.6.2), of the first and the second 64.
    private static let tokenBits: (UInt64, UInt64) = {
        var bits: (UInt64, UInt64) = (0, 0)
        let characters = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
        for byte in characters.utf8 {
            if byte < 64 { bits.0 |= 1 << UInt64(byte) } else { bits.1 |= 1 << UInt64(byte - 64) }
        }
        return bits
    }()

    fileprivate var isTokenByte: Bool {
        if self < 64 { return Self.tokenBits.0 >> UInt64(self) & 1 == 1 }
        return self < 128 && Self.tokenBits.1 >> UInt64(self - 64) & 1 == 1
    }

    /// ASCII that is no control character, nor a tab.
    fileprivate var isPlainByte: Bool { (0x20..<0x7F).contains(self) }
}

extension UnsafeRawBufferPointer {
    fileprivate func starts(with text: StaticString) -> Bool {
        count >= text.utf8CodeUnitCount && memcmp(baseAddress!, text.utf8Start, text.utf8CodeUnitCount) == 0
    }

    /// Whether these bytes are how the text begins, or all of it.
    fileprivate func isBeginning(of text: StaticString) -> Bool {
        guard let baseAddress else { return true }
        return count < text.utf8CodeUnitCount && memcmp(baseAddress, text.utf8Start, count) == 0
    }

    fileprivate func lineFeed(from start: Int) -> Int? {
        guard start < count, let base = baseAddress, let found = memchr(base + start, 0x0A, count - start) else {
            return nil
        }
        return UnsafeRawPointer(found) - base
    }

    /// The place without the spaces that it begins with.
    fileprivate func withoutLeadingSpaces(_ place: Range<Int>) -> Range<Int> {
        (self[place].firstIndex { $0 != UInt8(ascii: " ") } ?? place.upperBound)..<place.upperBound
    }

    /// Whether this is the text, which has no capital letters, in any case.
    fileprivate func `is`(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && begins(text)
    }

    fileprivate func begins(_ text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount where lowercased(self[index]) != text.utf8Start[index] { return false }
        return true
    }

    private func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    /// Digits and nothing else.
    fileprivate func number(_ place: Range<Int>, maxDigits: Int) -> Int? {
        guard (1...maxDigits).contains(place.count) else { return nil }
        var number = 0
        for byte in self[place] {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return number
    }
}
