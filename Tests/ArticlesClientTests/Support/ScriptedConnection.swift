import Foundation
import NIOCore
import Synchronization
import WebSocketCore

/// One connection of a ``ScriptedServer``.
final class ScriptedConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let number: Int
    private let server: ScriptedServer
    private let script: ScriptedServer.Script
    private var unread = ""
    /// Reads the client's frames strictly, once the handshake is done.
    private var webSocket: WebSocketConnection?

    init(number: Int, server: ScriptedServer, script: @escaping ScriptedServer.Script) {
        self.number = number
        self.server = server
        self.script = script
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        if webSocket != nil {
            webSocket?.receive(bytes.readableBytesView)
            readFrames(context)
        } else {
            unread += String(buffer: bytes)
            if let request = takeRequest() { answer(request, context) }
        }
    }

    private func takeRequest() -> ScriptedServer.Request? {
        guard let end = unread.range(of: "\r\n\r\n") else { return nil }
        var lines = unread[..<end.lowerBound].components(separatedBy: "\r\n")
        let words = lines.removeFirst().split(separator: " ").map(String.init)
        var headers: [String: String] = [:]
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
                in: .whitespaces)
        }
        let body = String(unread[end.upperBound...])
        guard body.utf8.count >= Int(headers["content-length"] ?? "0") ?? 0 else { return nil }
        unread = ""
        return ScriptedServer.Request(
            connection: number, method: words[0], target: words[1], headers: headers, body: body)
    }

    private func answer(_ request: ScriptedServer.Request, _ context: ChannelHandlerContext) {
        server.state.withLock { $0.requests.append(request) }
        switch script(request) {
        case .feed(let frames, let isCut, let subprotocol):
            switchProtocols(request, subprotocol, context)
            context.writeAndFlush(wrapOutboundOut(frames)).assumeIsolated().whenComplete { _ in
                if isCut { context.close(promise: nil) }
            }
        case .http(let status, let headers, let body):
            let lines = headers.merging(["Content-Length": "\(body.utf8.count)", "Connection": "close"]) { own, _ in own
            }
            .map { "\($0.key): \($0.value)\r\n" }.joined()
            finish("HTTP/1.1 \(status) Said So\r\n\(lines)\r\n\(body)", context)
        case .bytes(let text): finish(text, context)
        case .silence: break
        case .hangUp: context.close(promise: nil)
        }
    }

    private func switchProtocols(
        _ request: ScriptedServer.Request, _ subprotocol: String?, _ context: ChannelHandlerContext
    ) {
        let accepted = WebSocketHandshake.accept(method: request.method, isHTTP11: true) { name in
            request.headers[name].map { [$0] } ?? []
        }
        guard case .success(let key) = accepted else { return finish("HTTP/1.1 400 Bad Handshake\r\n\r\n", context) }
        webSocket = WebSocketConnection(maxMessageBytes: 4096)
        let line = subprotocol.map { "Sec-WebSocket-Protocol: \($0)\r\n" } ?? ""
        // Not flushed: the first frames leave in the same segment, as those of a real server may.
        context.write(
            wrapOutboundOut(
                ByteBuffer(
                    string: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        + "Sec-WebSocket-Accept: \(key)\r\n\(line)\r\n")), promise: nil)
    }

    private func readFrames(_ context: ChannelHandlerContext) {
        while let action = webSocket?.next() {
            switch action {
            case .close(let code): closed(code, context)
            case .fail(let code, _): closed(code, context)
            case .text, .pong: break
            }
        }
    }

    private func closed(_ code: WebSocketCloseCode?, _ context: ChannelHandlerContext) {
        server.state.withLock { [number] in $0.closeCodes[number] = code?.rawValue ?? 1005 }
        context.writeAndFlush(wrapOutboundOut(WebSocketFrames.close(code))).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }

    private func finish(_ text: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text))).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        let number = number
        server.state.withLock { state in _ = state.ended.insert(number) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
