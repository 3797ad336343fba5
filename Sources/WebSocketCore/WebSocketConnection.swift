public import NIOCore

/// What a server reads from one client, byte by byte: a state machine without I/O (RFC 6455 sections 5–7).
///
/// Clients of the feed have little to say, so whole frames are collected before they are looked at; a frame that can't
/// be valid is refused as soon as its header shows it.
public struct WebSocketConnection: Sendable {
    /// What the owner must do next.
    public enum Action: Hashable, Sendable {
        /// A whole text message.
        case text(String)
        /// Answer with a pong of the same payload.
        case pong([UInt8])
        /// The client closes: answer with this close frame's code (none if it had none), then close the connection.
        case close(WebSocketCloseCode?)
        /// The client broke the rules: send this code, then close the connection.
        case fail(WebSocketCloseCode, String)
    }

    private struct Header {
        var isFinal: Bool
        var isCompressed: Bool
        var opcode: WebSocketOpcode
        var headerBytes: Int
        var payloadBytes: Int
    }

    private static let maxControlPayload = 125

    private let maxMessageBytes: Int
    private let acceptsCompression: Bool
    private var unread: [UInt8] = []
    /// The text of a message whose last fragment has not come; `nil` between messages.
    private var fragments: [UInt8]?
    /// The message whose last fragment has not come is compressed.
    private var isCompressed = false
    private var isFinished = false

    /// - Parameters:
    ///   - maxMessageBytes: the longest message, its fragments added up, before and after it is inflated.
    ///   - acceptsCompression: permessage-deflate was agreed on, without context takeover.
    public init(maxMessageBytes: Int, acceptsCompression: Bool = false) {
        self.maxMessageBytes = maxMessageBytes
        self.acceptsCompression = acceptsCompression
    }

    /// Takes bytes from the wire; follow with ``next()`` until it returns `nil`.
    public mutating func receive(_ bytes: ByteBufferView) {
        guard !isFinished else { return }
        unread.append(contentsOf: bytes)
    }

    /// The next action that the bytes so far call for; `nil` when more must come first. After `close` and `fail`
    /// nothing follows.
    public mutating func next() -> Action? {
        while !isFinished {
            switch header() {
            case .none:
                return nil
            case .failure(let failure):
                return finish(.fail(failure.code, failure.reason))
            case .success(let header):
                let frameBytes = header.headerBytes + header.payloadBytes
                guard unread.count >= frameBytes else { return nil }
                let payload = unmaskedPayload(header)
                // Freed rather than kept: an idle subscriber must cost next to nothing.
                unread = unread.count == frameBytes ? [] : Array(unread[frameBytes...])
                if let action = take(header, payload) { return action }
            }
        }
        return nil
    }

    private struct Failure: Error {
        var code: WebSocketCloseCode
        var reason: String
    }

    private mutating func finish(_ action: Action) -> Action {
        isFinished = true
        unread = []
        fragments = nil
        return action
    }

    /// The header at the front of the unread bytes; `nil` until it is complete.
    private func header() -> Result<Header, Failure>? {
        func violation(_ reason: String) -> Result<Header, Failure> {
            .failure(Failure(code: .protocolError, reason: reason))
        }
        guard let first = unread.first else { return nil }
        guard first & 0x30 == 0 else { return violation("reserved bits must be zero") }
        guard let opcode = WebSocketOpcode(rawValue: first & 0x0F) else { return violation("unknown opcode") }
        let isFinal = first & 0x80 != 0
        let isCompressed = first & 0x40 != 0
        // The first frame of a message says whether it is compressed (RFC 7692 section 6.1).
        guard !isCompressed || (acceptsCompression && (opcode == .text || opcode == .binary)) else {
            return violation("reserved bits must be zero")
        }
        guard isFinal || !opcode.isControl else { return violation("control frames must not be fragmented") }
        switch opcode {
        case .binary: return .failure(Failure(code: .unacceptableData, reason: "binary messages are not accepted"))
        case .continuation where fragments == nil: return violation("nothing to continue")
        case .text where fragments != nil: return violation("expected a continuation")
        default: break
        }
        guard unread.count >= 2 else { return nil }
        guard unread[1] & 0x80 != 0 else { return violation("frames from a client must be masked") }
        let shortLength = Int(unread[1] & 0x7F)
        if opcode.isControl, shortLength > Self.maxControlPayload {
            return violation("control frames carry at most 125 bytes")
        }
        let lengthBytes = shortLength == 127 ? 8 : shortLength == 126 ? 2 : 0
        guard unread.count >= 2 + lengthBytes else { return nil }
        let length = unread[2..<2 + lengthBytes].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        if lengthBytes == 2, length < 126 { return violation("a length must be as short as possible") }
        if lengthBytes == 8, length < 65_536 || length >> 63 != 0 { return violation("invalid length") }
        let payloadBytes = lengthBytes == 0 ? UInt64(shortLength) : length
        if !opcode.isControl, payloadBytes + UInt64(fragments?.count ?? 0) > UInt64(maxMessageBytes) {
            return .failure(Failure(code: .messageTooBig, reason: "messages have at most \(maxMessageBytes) bytes"))
        }
        return .success(
            Header(
                isFinal: isFinal, isCompressed: isCompressed, opcode: opcode, headerBytes: 2 + lengthBytes + 4,
                payloadBytes: Int(payloadBytes)))
    }

    private func unmaskedPayload(_ header: Header) -> [UInt8] {
        let key = unread[header.headerBytes - 4..<header.headerBytes]
        let start = header.headerBytes
        return (0..<header.payloadBytes).map { unread[start + $0] ^ key[key.startIndex + $0 & 3] }
    }

    private mutating func take(_ header: Header, _ payload: [UInt8]) -> Action? {
        switch header.opcode {
        case .ping: return .pong(payload)
        case .pong, .binary: return nil
        case .close: return finish(close(payload))
        case .text, .continuation:
            var message = (fragments ?? []) + payload
            if header.opcode == .text { isCompressed = header.isCompressed }
            guard header.isFinal else {
                fragments = message
                return nil
            }
            fragments = nil
            if isCompressed {
                switch MessageInflater.inflate(message, maxBytes: maxMessageBytes) {
                case .success(let inflated): message = inflated
                case .failure(.malformed): return finish(.fail(.invalidPayload, "the message can't be inflated"))
                case .failure(.tooLong):
                    return finish(.fail(.messageTooBig, "messages have at most \(maxMessageBytes) bytes"))
                }
            }
            guard let text = String(validating: message, as: UTF8.self) else {
                return finish(.fail(.invalidPayload, "text must be UTF-8"))
            }
            return .text(text)
        }
    }

    private func close(_ payload: [UInt8]) -> Action {
        guard !payload.isEmpty else { return .close(nil) }
        guard payload.count >= 2 else { return .fail(.protocolError, "a close code has two bytes") }
        let code = WebSocketCloseCode(rawValue: UInt16(payload[0]) << 8 | UInt16(payload[1]))
        guard code.mayBeSent else { return .fail(.protocolError, "invalid close code") }
        guard String(validating: payload[2...], as: UTF8.self) != nil else {
            return .fail(.invalidPayload, "a close reason must be UTF-8")
        }
        return .close(code)
    }
}
