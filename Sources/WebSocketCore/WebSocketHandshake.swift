import Crypto
import Foundation

/// The server's side of the opening handshake (RFC 6455 section 4.2).
public enum WebSocketHandshake {
    /// Why a request is no valid handshake.
    public enum Refusal: Error, Hashable, Sendable {
        /// Not GET, no HTTP/1.1, a header missing, twice or malformed: 400, with what is wrong.
        case malformed(String)
        /// Another version of the protocol: 426 with `Sec-WebSocket-Version: 13`.
        case unsupportedVersion
    }

    /// Whether a request asks for a WebSocket, validly or not.
    public static func isRequested(upgrade: [String]) -> Bool {
        upgrade.contains { hasToken("websocket", $0) }
    }

    /// The value of `Sec-WebSocket-Accept` for a valid request.
    ///
    /// - Parameters:
    ///   - isHTTP11: whether the request's version is HTTP/1.1 (RFC 6455 section 4.1 asks for 1.1 or higher).
    ///   - values: every value of the header of that name.
    public static func accept(
        method: String, isHTTP11: Bool, values: (_ name: String) -> [String]
    ) -> Result<String, Refusal> {
        guard method == "GET" else { return .failure(.malformed("A WebSocket handshake must be a GET.")) }
        guard isHTTP11 else { return .failure(.malformed("A WebSocket handshake needs HTTP/1.1.")) }
        guard isRequested(upgrade: values("upgrade")) else {
            return .failure(.malformed("The header Upgrade must be websocket."))
        }
        guard values("connection").contains(where: { hasToken("upgrade", $0) }) else {
            return .failure(.malformed("The header Connection must name Upgrade."))
        }
        let versions = values("sec-websocket-version")
        guard versions.count == 1, versions[0].trimmingSpace == "13" else { return .failure(.unsupportedVersion) }
        let keys = values("sec-websocket-key")
        guard keys.count == 1 else {
            return .failure(.malformed("The header Sec-WebSocket-Key must be there exactly once."))
        }
        let key = keys[0].trimmingSpace
        guard isKey(key) else {
            return .failure(.malformed("The header Sec-WebSocket-Key must be 16 bytes in base64."))
        }
        return .success(acceptKey(key))
    }

    /// The subprotocols that the client offers, in its order of preference.
    public static func subprotocols(_ values: [String]) -> [String] {
        tokens(values)
    }

    /// 16 bytes in base64: 21 digits, one of which the last four bits are zero, and two for padding (RFC 4648 section 4).
    private static func isKey(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 24, bytes[22] == UInt8(ascii: "="), bytes[23] == UInt8(ascii: "=") else { return false }
        return bytes[..<21].allSatisfy(isBase64) && "AQgw".utf8.contains(bytes[21])
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
            true
        default: false
        }
    }

    static func acceptKey(_ key: String) -> String {
        let digest = Insecure.SHA1.hash(data: Array(key.utf8) + guid)
        return Data(digest).base64EncodedString()
    }

    /// What RFC 6455 section 1.3 has appended to every key.
    private static let guid = Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)

    /// Whether a list with commas (RFC 9110 section 5.6.1) has a token, in any case.
    ///
    /// It makes nothing anew, for after a restart everybody comes at once.
    ///
    /// - Parameter token: in small letters.
    private static func hasToken(_ token: StaticString, _ list: String) -> Bool {
        var list = list
        return list.withUTF8 { bytes in
            var rest = bytes[...]
            while true {
                let element = rest.prefix { $0 != UInt8(ascii: ",") }
                if isToken(token, element) { return true }
                guard element.endIndex < rest.endIndex else { return false }
                rest = rest[(element.endIndex + 1)...]
            }
        }
    }

    private static func isToken(_ token: StaticString, _ element: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        var word = element.drop { isSpace($0) }
        while let last = word.last, isSpace(last) { word.removeLast() }
        guard word.count == token.utf8CodeUnitCount else { return false }
        for (index, byte) in word.enumerated() {
            let isCapital = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            guard (isCapital ? byte | 0x20 : byte) == token.utf8Start[index] else { return false }
        }
        return true
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private static func tokens(_ values: [String]) -> [String] {
        values.flatMap { value in value.split(separator: ",").map(\.trimmingSpace).filter { !$0.isEmpty } }
    }
}

extension StringProtocol {
    /// Without the spaces and tabs at its ends (RFC 9110 section 5.6.3).
    var trimmingSpace: String {
        func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var bytes = Substring(self).utf8
        guard let first = bytes.first, let last = bytes.last, isSpace(first) || isSpace(last) else {
            return String(self)
        }
        bytes = bytes.drop(while: isSpace)
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        return String(Substring(bytes))
    }
}
