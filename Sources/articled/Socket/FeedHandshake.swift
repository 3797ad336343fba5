import Core
import HummingbirdCore
import NIOCore
import NIOHTTP1
import WebSocketCore

/// Decides what a request is to the feed before anything is answered.
struct FeedHandshake: Sendable {
    static let subprotocol = "articles.v1"

    var origins = OriginPolicy()
    var proxies = TrustedProxies()
    /// Whether permessage-deflate is granted to those who offer it.
    var isCompressionAllowed = true

    enum Decision {
        /// Not a request for the feed: the router answers it.
        case other
        case accepted(Accepted)
        case refused(ServiceError, headers: [(String, String)])
    }

    struct Accepted {
        let query: FeedQuery
        let view: SubscriberView
        /// The value of `Sec-WebSocket-Accept`.
        let key: String
        /// The value of `Sec-WebSocket-Extensions`.
        let extensions: String?
        /// What the URL has to be let in by, if anything.
        let ticket: String?

        /// The answer that switches protocols (RFC 6455 section 4.2.2).
        func response(requestID: String) -> ByteBuffer {
            var buffer = ByteBuffer()
            buffer.reserveCapacity(512)
            // In pieces, for a string that is put together costs more than all of them.
            buffer.writeStaticString(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
            )
            buffer.writeString(key)
            buffer.writeStaticString("\r\nX-Request-ID: ")
            buffer.writeString(requestID)
            if view.mode == .articlesV1 {
                buffer.writeStaticString("\r\nSec-WebSocket-Protocol: ")
                buffer.writeString(FeedHandshake.subprotocol)
            }
            if let extensions {
                buffer.writeStaticString("\r\nSec-WebSocket-Extensions: ")
                buffer.writeString(extensions)
            }
            buffer.writeStaticString("\r\n\r\n")
            return buffer
        }
    }

    /// - Parameter peer: the other end of the connection.
    func decide(_ head: HTTPRequestHead, peer: IPAddress? = nil) -> Decision {
        guard WebSocketHandshake.isRequested(upgrade: head.headers["upgrade"]) else { return .other }
        let uri = URI(head.uri)
        guard uri.path == "/articles" || uri.path == "/articles/" else { return .other }
        do {
            return .accepted(try accept(head, uri, peer))
        } catch let refusal as WebSocketHandshake.Refusal {
            switch refusal {
            case .malformed(let reason): return .refused(ServiceError(.badRequest, reason), headers: [])
            case .unsupportedVersion:
                let error = ServiceError(.upgradeRequired, "Only version 13 of the WebSocket protocol is spoken here.")
                return .refused(error, headers: [("Sec-WebSocket-Version", "13")])
            }
        } catch let error as ServiceError {
            return .refused(error, headers: [])
        } catch {
            return .refused(ServiceError(.badRequest, "\(error)"), headers: [])
        }
    }

    private func accept(_ head: HTTPRequestHead, _ uri: URI, _ peer: IPAddress?) throws -> Accepted {
        let key = try WebSocketHandshake.accept(
            method: head.method.rawValue, isHTTP11: head.version == .http1_1, values: { head.headers[$0] }
        ).get()
        let client = proxies.client(peer: peer) { head.headers[$0] }
        try origins.check(head.headers["origin"], host: client.host, isSecure: client.isSecure)
        let mode: SubscriberView.Mode =
            WebSocketHandshake.subprotocols(head.headers["sec-websocket-protocol"]).contains(Self.subprotocol)
            ? .articlesV1 : .plain
        let parameters = uri.queryParameters
        let query = try FeedQuery(items: parameters.map { (name: String($0.key), value: String($0.value)) })
        if mode == .plain, query.since != nil {
            throw ServiceError(
                .badRequest, "The parameter since needs the subprotocol \(Self.subprotocol), which can announce a gap.")
        }
        let extensions = isCompressionAllowed ? DeflateOffer.accept(head.headers["sec-websocket-extensions"]) : nil
        let view = SubscriberView(
            mode: mode, encoding: extensions == nil ? .webSocket : .deflatedWebSocket, filter: query.filter)
        return Accepted(
            query: query, view: view, key: key, extensions: extensions, ticket: parameters["ticket"].map(String.init))
    }
}
