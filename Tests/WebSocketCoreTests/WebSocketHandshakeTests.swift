import Testing

@testable import WebSocketCore

private let valid = [
    "upgrade": ["websocket"], "connection": ["keep-alive, Upgrade"], "sec-websocket-version": ["13"],
    "sec-websocket-key": ["dGhlIHNhbXBsZSBub25jZQ=="],
]

private func accept(
    _ changes: [String: [String]] = [:], method: String = "GET", isHTTP11: Bool = true
) -> Result<String, WebSocketHandshake.Refusal> {
    let headers = valid.merging(changes) { $1 }
    return WebSocketHandshake.accept(method: method, isHTTP11: isHTTP11) { headers[$0] ?? [] }
}

@Suite("The opening handshake")
struct WebSocketHandshakeTests {
    @Test("the example of RFC 6455 section 1.3 is accepted with its key")
    func example() {
        #expect(accept() == .success("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
        #expect(
            accept(["upgrade": ["WebSocket"], "connection": ["UPGRADE"]]) == .success("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
    }

    @Test(
        "tokens are found in lists, between spaces, in any header of the name",
        arguments: [["close,\tupgrade "], [" ,, x,Upgrade"], ["x", "upgrade"]])
    func lists(values: [String]) {
        #expect(accept(["connection": values]) == .success("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
        #expect(accept(["connection": values.map { $0 + "s" }]) != .success("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
    }

    @Test(
        "what is missing, doubled or malformed is refused",
        arguments: [
            ["upgrade": []], ["upgrade": ["h2c"]], ["connection": []], ["connection": ["close"]],
            ["sec-websocket-key": []], ["sec-websocket-key": ["short"]],
            ["sec-websocket-key": ["dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="]],
            ["sec-websocket-key": ["!!!!IHNhbXBsZSBub25jZQ=="]],
        ] as [[String: [String]]])
    func malformed(change: [String: [String]]) {
        guard case .failure(.malformed) = accept(change) else {
            Issue.record("accepted: \(change)")
            return
        }
    }

    @Test("another method or HTTP version is refused")
    func methodAndVersion() {
        guard case .failure(.malformed) = accept(method: "POST") else {
            Issue.record("POST was accepted")
            return
        }
        guard case .failure(.malformed) = accept(isHTTP11: false) else {
            Issue.record("HTTP/1.0 was accepted")
            return
        }
    }

    @Test("another WebSocket version is told apart", arguments: [[], ["8"], ["13", "13"]] as [[String]])
    func version(values: [String]) {
        #expect(accept(["sec-websocket-version": values]) == .failure(.unsupportedVersion))
    }

    @Test("subprotocols come in the client's order, from one header or several")
    func subprotocols() {
        #expect(WebSocketHandshake.subprotocols(["a, b", "c"]) == ["a", "b", "c"])
    }
}
