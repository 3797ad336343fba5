import Core
import Foundation
import Hummingbird
import NIOCore

/// What a form sends: `application/x-www-form-urlencoded` (WHATWG URL Standard section 5).
struct FormBody: Sendable {
    let pairs: [(name: String, value: String)]

    /// - Throws: ``ServiceError`` `badRequest`.
    init(_ bytes: ByteBuffer) throws(ServiceError) {
        guard let text = String(validating: bytes.readableBytesView, as: UTF8.self) else {
            throw ServiceError(.badRequest, "The form is not valid UTF-8.")
        }
        var pairs: [(name: String, value: String)] = []
        // Bytes: next to some letters `&` and `=` are no characters of their own.
        for pair in text.utf8.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(parts[0]), let value = parts.count > 1 ? Self.decoded(parts[1]) : "" else {
                throw ServiceError(
                    .badRequest, "The form has a malformed escape near \"\(Substring(pair).prefix(40))\".")
            }
            pairs.append((name, value))
        }
        self.pairs = pairs
    }

    /// The query of a request, whose spaces forms and many programs write as `+`.
    ///
    /// - Throws: ``ServiceError`` `badRequest`.
    init(query request: Request) throws(ServiceError) {
        try self.init(ByteBuffer(string: request.uri.query ?? ""))
    }

    /// The first value of that name.
    subscript(name: String) -> String? {
        pairs.first { $0.name == name }?.value
    }

    /// All values of that name.
    func values(_ name: String) -> [String] {
        pairs.filter { $0.name == name }.map(\.value)
    }

    private static func decoded(_ text: Substring.UTF8View) -> String? {
        let spaced = text.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
        return String(decoding: spaced, as: UTF8.self).removingPercentEncoding
    }
}
