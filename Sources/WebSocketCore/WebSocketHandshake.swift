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
        tokens(upgrade).contains { $0.lowercased() == "websocket" }
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
        guard tokens(values("connection")).contains(where: { $0.lowercased() == "upgrade" }) else {
            return .failure(.malformed("The header Connection must name Upgrade."))
        }
        let versions = values("sec-websocket-version")
        guard versions.count == 1, versions[0].trimmingSpace == "13" else { return .failure(.unsupportedVersion) }
        let keys = values("sec-websocket-key")
        guard keys.count == 1 else {
            return .failure(.malformed("The header Sec-WebSocket-Key must be there exactly once."))
        }
        let key = keys[0].trimmingSpace
        guard key.utf8.count == 24, Data(base64Encoded: key)?.count == 16 else {
            return .failure(.malformed("The header Sec-WebSocket-Key must be 16 bytes in base64."))
        }
        return .success(acceptKey(key))
    }

    /// The subprotocols that the client offers, in its order of preference.
    public static func subprotocols(_ values: [String]) -> [String] {
        tokens(values)
    }

    static func acceptKey(_ key: String) -> String {
        var hash = Insecure.SHA1()
        hash.update(data: Array(key.utf8))
        hash.update(data: Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8))
        return Data(hash.finalize()).base64EncodedString()
    }

    private static func tokens(_ values: [String]) -> [String] {
        values.flatMap { value in value.split(separator: ",").map(\.trimmingSpace).filter { !$0.isEmpty } }
    }
}

extension StringProtocol {
    var trimmingSpace: String {
        trimmingCharacters(in: CharacterSet(charactersIn: " \t"))
    }
}
